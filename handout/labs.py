"""labs - what ships in which lab, as data. handout/README.md says how to add
a lab; nothing else has to change.

Patterns: `folder/` is all below it, others are shell patterns over paths from
the root (`*` matches slashes, too).
"""
import collections

# A part of a lab. needs: the parts, solved, without which its own tests cannot
# pass, and why.
Part = collections.namedtuple("Part", "name needs why", defaults=((), ""))

# folder: of the lab. staff: what of it never ships. shared: what ships with
# this lab and all later ones, besides ALWAYS. on: the labs whose code it is
# linked with, so that they cannot be hidden.
Lab = collections.namedtuple("Lab", "folder parts staff shared on",
                             defaults=((), (), (), ()))

LABS = {
    0: Lab("lab0-echo"),
    1: Lab("lab1-mapreduce",
           parts=(Part("I"),
                  Part("II"),
                  Part("III", ("II",),
                       "takes back and copies tasks: somebody must have "
                       "given them out")),
           staff=("lab1-mapreduce/tests/bible_test.c",)),  # needs bible-kjv
    2: Lab("lab2-pbservice",
           parts=(Part("2a"),
                  Part("2b", ("2a",), "servers do what the view says")),
           shared=("common/kv/", "common/clerks/kv.h", "common/clerks/kv.c",
                   "common/clerks/caller.h", "common/clerks/caller.c",
                   "common/clerks/direct.h", "common/clerks/direct.c",
                   "common/clerks/session.h", "common/clerks/session.c",
                   "common/clerks/tests/",
                   "grading/workload.h", "grading/nemesis.h",
                   "grading/workload/",
                   "grading/linear/")),
    3: Lab("lab3-paxos",
           parts=(Part("3a"),
                  Part("3b", ("3a",), "the log is what Paxos decides")),
           shared=("common/clerks/servers.h", "common/clerks/servers.c",
                   "common/clerks/tests/servers_test.c")),
    4: Lab("lab4-shardkv",
           parts=(Part("4a"),
                  Part("4b", ("4a",), "groups do what the master says")),
           on=(3,)),
}

# What all labs stand on.
ALWAYS = (
    ".clang-format", ".devcontainer/", ".editorconfig", ".gitignore", "LICENSE", "Makefile",
    "common/",
    "grading/adopt.sh", "grading/coverage.sh", "grading/coverage/",
    "grading/student.mk",
    "grading/deps.list", "grading/deps.sh",
    "grading/cluster.h",
    "grading/cluster/", "grading/runner/", "grading/trace/",
    "grading/seeds/", "grading/sim/",
)

# None of it ever ships, whatever else says so.
STAFF = (
    "grading/*/tests/*",
    "common/*_fuzz.c", "common/*/tests/corpus/*",  # fuzzing needs clang
    "grading/bugs/",
    "grading/staff.mk", "grading/handout.mk",
)

# The texts of lab N, under their own names.
TEXTS = ("handout/lab{}.md", "handout/lab{}/", "handout/background/")

# This page greets the student: README.md of the handout.
WELCOME = "handout/welcome.md"
