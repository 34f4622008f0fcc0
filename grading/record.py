"""record - what scripts that run long remember: JSON lines, commits, locks.

For nightly, soak and bugs/run. A record is a file of JSON objects, one a line,
each written whole and for good before the next thing is begun; a line that a
crash has cut short is passed over.
"""
import datetime
import fcntl
import hashlib
import json
import os
import subprocess


def git(*words):
    run = subprocess.run(["git", *words], capture_output=True, text=True,
                         check=False)
    return run.stdout.strip() if run.returncode == 0 else "?"


def this_commit():
    """The commit, and whether the tree is exactly that."""
    commit, changes = git("rev-parse", "HEAD"), git("status", "--porcelain")
    clean = commit != "?" and changes == ""
    return commit if clean else commit + "+changes", clean


def sources():
    """The files that git tracks or would add, sorted."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted({n for n in names if n and os.path.isfile(n)})


def checksum(paths, base="."):
    """One checksum of the names and contents of files."""
    total = hashlib.sha256()
    for path in paths:
        with open(os.path.join(base, path), "rb") as file:
            one = hashlib.sha256(file.read()).hexdigest()
        total.update(f"{one} {path}\n".encode())
    return total.hexdigest()[:16]


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(
        timespec="seconds")


def append(path, row):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a+b") as file:
        file.seek(max(file.tell() - 1, 0))
        cut = file.read(1) not in (b"", b"\n")  # by a crash
        file.write(b"\n" * cut + json.dumps(row).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def rows(path):
    """The rows of a record, the oldest first."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # cut short
            if isinstance(row, dict):
                yield row


def lock(path):
    """Takes the lock until this process ends: its file, or None if another
    process has it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    file = open(path, "wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
