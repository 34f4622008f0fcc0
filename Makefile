# One Makefile for everything; `make help` lists what it can do.
#
# Rules go by wildcard, so a new .c file is built and linked without a change
# below. What becomes what, under build/VARIANT/ (build/VARIANT-clang/):
#
#   X.proto                 build/gen/X.pb-c.{c,h}; include "X.pb-c.h"
#   common/                 lib/posix.a and lib/sim.a: one for each world
#   lab0-echo/, ...         bin/lab0, bin/mr, from all files; main() in one; and
#                           from prebuilt.a, where a handout withholds files;
#                           the simulation asks for node_main() if it is there
#   grading/runner, trace, linear   bin/run-tests, bin/trace, bin/linear
#   grading/bench/NAME.c    bench/NAME if it has a main(); else in all of them
#   DIR/tests/NAME_test.c   tests/DIR/NAME_test, and NAME_test-sim if listed
#   LAB/tests/*cluster_test.c  likewise, but what it tests are processes: it is
#                           linked with grading/cluster/, and only with what
#                           JUDGE.LAB names of the lab
#   DIR/tests/NAME_fuzz.c   build/fuzz/NAME, over DIR/tests/corpus/NAME/
#   DIR/tests/*.c, others   in each test of DIR; *_posix.c, *_sim.c: in one world;
#                           *_cluster.c: in tests of clusters
#
# V=1 prints the commands. BUILD=folder builds elsewhere, WERROR= tolerates
# warnings.
VARIANT ?= debug
BUILD   ?= build
WERROR  ?= $(if $(wildcard grading/staff.mk),-Werror)
# Tests at the same time: most of a lab's wait for something.
J       ?= $(if $(LAB),3,2)
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz coverage,$(VARIANT)),clang,gcc)
endif

# --- flags ---

FLAGS.debug    := -O0
FLAGS.release  := -O2
FLAGS.asan     := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS.tsan     := -O1 -fsanitize=thread
FLAGS.coverage := -O0 -fprofile-instr-generate -fcoverage-mapping \
    -mllvm -runtime-counter-relocation=true \
    -Wno-unused-command-line-argument -Igrading/coverage
FLAGS.fuzz     := $(FLAGS.asan) -fsanitize=fuzzer-no-link
ifndef FLAGS.$(VARIANT)
$(error no VARIANT=$(VARIANT): debug, release, asan, tsan or coverage)
endif
OUT := $(BUILD)/$(VARIANT)
ifeq ($(filter fuzz coverage,$(VARIANT)),)
OUT := $(OUT)$(addprefix -,$(filter-out gcc,$(notdir $(firstword $(CC)))))
endif
comma    := ,
GEN      := $(BUILD)/gen
# uthash ends by exit() without memory; whoever has none aborts, as in alloc.h.
CPPFLAGS := -D_GNU_SOURCE -I. -I$(GEN) -Duthash_fatal\(msg\)=abort\(\)
CFLAGS   := -std=c17 -g3 -pthread -fno-omit-frame-pointer $(FLAGS.$(VARIANT))
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
    -Wmissing-prototypes -Wvla $(WERROR)
# For the copies that simulated nodes run.
LAB_CFLAGS := -fPIC
JOBS := $(if $(filter 0,$(MAKELEVEL)),-j$(shell nproc))
MAKEFLAGS += --no-builtin-rules $(JOBS)

# For the tests: their time limits are meant for debug.
SCALE.asan := 3
SCALE.tsan := 10
LAB_TIME_SCALE ?= $(or $(SCALE.$(VARIANT)),1)
UNIT_COMMAND ?= make test$(addprefix $() VARIANT=,$(filter-out \
    debug,$(VARIANT)))$(addprefix $() CC=,$(filter-out gcc,$(CC)))
export T PART SEED KEEP
export UBSAN_OPTIONS ?= print_stacktrace=1

# --- what there is ---

FOLDER.lab0      := lab0-echo
FOLDER.mr        := lab1-mapreduce
FOLDER.lab2      := lab2-pbservice
FOLDER.lab3      := lab3-paxos
FOLDER.lab4      := lab4-shardkv
FOLDER.run-tests := grading/runner
FOLDER.trace     := grading/trace
FOLDER.linear    := grading/linear
FOLDER.sim       := grading/sim
SIM_TESTS := common/rpc/tests/contract_test.c common/rpc/tests/cluster_test.c \
    common/runtime/tests/time_test.c \
    lab0-echo/tests/cluster_test.c lab2-pbservice/tests/views_cluster_test.c \
    lab2-pbservice/tests/pb_cluster_test.c \
    lab2-pbservice/tests/load_cluster_test.c \
    lab2-pbservice/tests/random_cluster_test.c \
    lab3-paxos/tests/kv_cluster_test.c lab3-paxos/tests/kv_load_cluster_test.c \
    lab1-mapreduce/tests/cluster_test.c lab3-paxos/tests/paxos_cluster_test.c \
    lab3-paxos/tests/rsm_test.c lab3-paxos/tests/paxos_safety_cluster_test.c \
    lab3-paxos/tests/paxos_forget_cluster_test.c \
    lab3-paxos/tests/paxos_cost_cluster_test.c \
    lab3-paxos/tests/paxos_load_cluster_test.c \
    lab4-shardkv/tests/%_cluster_test.c
# Tests of what is there in a simulation alone.
SIM_ONLY := grading/seeds/tests/%_test.c
# What seeds come to, as text: the program sim reads what tests write.
SEED_FORMATS := grading/seeds/row.c grading/seeds/trace.c \
    common/runtime/sim/plan.c common/runtime/sim/record.c
# What a lab has of another one: its log, not its programs.
ALSO.lab4-shardkv := $(filter-out $(addprefix lab3-paxos/,main.c program.c \
    kvd.c clerk.c paxos_peer.c probe.c),$(wildcard lab3-paxos/*.c))
ARCHIVE.lab4-shardkv := lab3-paxos/prebuilt.a
# Given code of a lab that the judge of its clusters uses: none of a student's.
JUDGE.lab4-shardkv := config.c
JUDGE.lab1-mapreduce := sequential.c input.c batch.c output.c pairs.c block.c \
    pool.c app_index.c app_grep.c app_text.c

PROTOS := $(wildcard common/*/*.proto lab*/*.proto grading/*/*.proto)
TEST_PROTOS := $(wildcard */tests/*.proto */*/tests/*.proto)
GEN_H  := $(patsubst %.proto,$(GEN)/%.pb-c.h,$(PROTOS) $(TEST_PROTOS))
posix  := $(wildcard common/runtime/posix/*.c common/rpc/unix*.c)
sim    := $(wildcard common/runtime/sim/*.c common/rpc/sim*.c)
COMMON := $(filter-out common/check/unit.c $(posix) $(sim),$(wildcard common/*/*.c))
TESTS  := $(wildcard */tests/*_test.c */*/tests/*_test.c)
FUZZ   := $(wildcard */tests/*_fuzz.c */*/tests/*_fuzz.c)
BENCH  := $(wildcard grading/bench/*.c)
# Files with a main(), in folders that are linked as a whole.
MAINS  := $(shell grep -ls '^int main\b' /dev/null lab*/*.c grading/*/*.c grading/*/*/*.c)

objects     = $(patsubst %.c,$(OUT)/%.o,$(1))
gen_objects = $(patsubst %.proto,$(OUT)/gen/%.pb-c.o,$(1))
dir_of      = $(patsubst %/tests/,%,$(dir $(1)))
stem        = $(basename $(notdir $(1)))
# All of a folder and those below; what is in common/ comes from the library.
sources = $(filter-out common/% $(1)/tests/%,$(wildcard $(1)/*.c $(1)/*/*.c)) \
    $(ALSO.$(1))
# What a handout withholds of a folder $(1), and of what it has of another one.
archives = $(wildcard $(1)/prebuilt.a $(ARCHIVE.$(1)))
# The sources beside the tests of a target $(1) that it needs in the world $(2).
judged = $(filter lab%cluster_test.c,$(1))
beside = $(if $(judged),$(wildcard \
    $(addprefix grading/,cluster/*.c workload/*.c linear/*.c \
    linear/search/*.c linear/explain/*.c linear/picture/*.c linear/read/*.c) \
    $(if $(filter sim,$(2)),grading/seeds/*.c))) $(if $(judged),$(addprefix \
    $(dir_of)/,$(JUDGE.$(dir_of))),$(filter-out $(MAINS),$(call sources,$(dir_of))))
# What a test or fuzz target $(1) is linked from in the world $(2).
parts = $(call objects,$(1) $(filter-out %_test.c %_fuzz.c $(if $(judged),,%_cluster.c) \
    %_$(if $(filter sim,$(2)),posix,sim).c,$(wildcard $(dir $(1))*.c)) $(beside)) \
    $(call gen_objects,$(filter $(dir $(1))%,$(TEST_PROTOS))) \
    $(call archives,$(dir_of)) $(OUT)/lib/$(2).a
fuzz_name = $(patsubst %_fuzz,%,$(stem))
test_bin = $(OUT)/tests/$(subst /,-,$(dir_of))/$(stem)

define link_rule # LIST, PROGRAM, WHAT IT IS LINKED FROM
$(1) += $(2)
$(2): $(3)
endef
link = $(eval $(call link_rule,$(1),$(2),$(3)))
$(foreach p,lab0 mr lab2 lab3 lab4 run-tests trace linear sim,$(if $(filter $(FOLDER.$(p))/%,$(MAINS)),$(call \
    link,BINS,$(OUT)/bin/$(p),$(call objects,$(call sources,$(FOLDER.$(p)))) \
    $(if $(filter sim,$(p)),$(call objects,$(SEED_FORMATS))) \
    $(call archives,$(FOLDER.$(p))) $(OUT)/lib/posix.a)))
# What a simulated node runs a copy of: the program without its main().
$(foreach p,lab0 mr lab2 lab3 lab4,$(if $(filter $(FOLDER.$(p))/%,$(MAINS)),$(call \
    link,NODES,$(OUT)/sim/$(p).so,$(call objects,$(filter-out $(MAINS),$(call \
    sources,$(FOLDER.$(p))))) $(call archives,$(FOLDER.$(p))))))
UNIT := $(OUT)/common/check/unit.o
$(foreach t,$(filter-out $(SIM_ONLY),$(TESTS)),$(call \
    link,TEST_BINS,$(call test_bin,$(t)),$(call parts,$(t),posix) $(UNIT)))
$(foreach t,$(if $(filter common/rpc/%,$(sim)),$(filter $(SIM_TESTS) $(SIM_ONLY),$(TESTS))),\
    $(call link,TEST_BINS,$(call test_bin,$(t))-sim,$(call parts,$(t),sim) $(UNIT)))
ifeq ($(VARIANT),fuzz)
$(foreach t,$(FUZZ),$(call \
    link,FUZZ_BINS,$(OUT)/$(call fuzz_name,$(t)),$(call parts,$(t),posix)))
endif
BENCH_BINS := $(patsubst grading/%.c,$(OUT)/%,$(filter $(MAINS),$(BENCH)))
RUN        := $(filter-out $(WITHOUT),$(filter \
    $(if $(filter-out 0,$(SIM)),%-sim,%),$(filter \
    $(OUT)/tests/$(if $(LAB),lab$(LAB)-)%,$(TEST_BINS))))
LINKED     := $(BINS) $(TEST_BINS) $(FUZZ_BINS) $(BENCH_BINS)
$(filter %-sim,$(TEST_BINS)): | $(NODES)

# --- targets for people ---

.PHONY: all tests test gdb trace asan tsan valgrind deps-student clean help FORCE
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BINS)  ## build the programs: build/debug/bin (VARIANT=release, CC=clang)

tests: $(LINKED)  ## build everything, tests and benches too

RUN_TESTS = LAB_TIME_SCALE=$(LAB_TIME_SCALE) UNIT_COMMAND='$(UNIT_COMMAND)' \
    UNIT_FAILED=$(BUILD)/failed $(OUT)/bin/run-tests

test: $(BINS) $(RUN)  ## run the tests: PART=2b T='of the name' SEED=7 J=1 KEEP=1
	@$(RUN_TESTS) -j $(J) -o $(BUILD)/tests-$(notdir $(OUT)).jsonl \
	    $(if $(UNDER),-u '$(UNDER)') $(RUN)

gdb: $(BINS) $(RUN)  ## run the one test T='of the name', its NODE=n2 under gdb
	@$(RUN_TESTS) --gdb '$(NODE)' $(RUN)

trace: $(BINS)  ## show what the nodes did in the last failure of T='of the name'
	@$(RUN_TESTS) --trace $(OUT)/bin/trace

asan tsan:  ## run the tests with AddressSanitizer + UBSan, or ThreadSanitizer
	@$(MAKE) --no-print-directory test VARIANT=$@

valgrind: $(BUILD)/.deps-student  ## run the tests under valgrind
	@$(MAKE) --no-print-directory test WITHOUT=%-sim LAB_TIME_SCALE=20 \
	    UNIT_COMMAND='make valgrind' UNDER="$$(command -v valgrind) $(VALGRIND)"
	@echo 'now those in simulation: what killed nodes had is lost there'
	@$(MAKE) --no-print-directory test SIM=1 LAB_TIME_SCALE=20 \
	    UNIT_COMMAND='make valgrind' \
	    UNDER="$$(command -v valgrind) $(VALGRIND) --leak-check=no"
VALGRIND := -q --vgdb=no --error-exitcode=9 --leak-check=full --trace-children=yes \
    --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    --trace-children-skip=/bin/*,/usr/bin/*

deps-student:  ## install the packages that students need
	@grading/deps.sh install student

clean:  ## remove build/
	rm -rf $(BUILD)

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z][a-z -]*:.*## / \
	    { printf "  make %-13s %s\n", $$1, $$2 }' Makefile $(wildcard grading/*.mk)

include $(wildcard grading/*.mk)

# --- how files are made ---

say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)
# Asked once, and not before what they ask for has been installed.
LIBS       = $(eval LIBS := $(shell pkg-config --libs libprotobuf-c) -lm)$(LIBS)
CHECK_LIBS = $(eval CHECK_LIBS := $(shell pkg-config --libs check))$(CHECK_LIBS)

$(BUILD)/.deps-%: FORCE
	@grading/deps.sh ensure $* $@

# What depends on these is made anew when flags change, or files come and go.
$(OUT)/flags: NOW = $(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(LAB_CFLAGS)
$(OUT)/files: NOW = $(sort $(COMMON) $(posix) $(sim) $(PROTOS) $(TESTS) \
    $(foreach d,lab* grading/* */tests */*/tests,$(wildcard $(d)/*.c $(d)/*/*.c)))
$(OUT)/flags $(OUT)/files: FORCE
	@mkdir -p $(@D)
	@echo '$(NOW)' | cmp -s - $@ || echo '$(NOW)' >$@

$(GEN)/%.pb-c.c $(GEN)/%.pb-c.h: %.proto | $(BUILD)/.deps-student
	@mkdir -p $(GEN)
	$(call say,PROTO) protoc-c -I. --c_out=$(GEN) $<

$(OUT)/gen/%.o: $(GEN)/%.c $(OUT)/flags | $(GEN_H)
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) $(CFLAGS) -w -MMD -MP -c -o $@ $<

$(OUT)/%.o: %.c $(OUT)/flags | $(GEN_H) $(BUILD)/.deps-student
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) \
	    $(if $(filter lab% common/kv/%,$<),-Wno-unused-parameter) \
	    $(if $(filter lab%,$<),$(LAB_CFLAGS)) -MMD -MP -c -o $@ $<

$(OUT)/lib/posix.a: $(call objects,$(COMMON) $(posix)) $(call gen_objects,$(PROTOS))
$(OUT)/lib/sim.a: $(call objects,$(COMMON) $(sim)) $(call gen_objects,$(PROTOS))
$(OUT)/lib/posix.a $(OUT)/lib/sim.a: $(OUT)/files
	@mkdir -p $(@D)
	$(call say,AR) rm -f $@ && ar rcs $@ $(filter %.o,$^)

$(BENCH_BINS): $(OUT)/bench/%: $(OUT)/grading/bench/%.o $(OUT)/grading/bench/bench.o
$(filter-out %/simulated,$(BENCH_BINS)): $(OUT)/lib/posix.a \
    $(call objects,$(filter-out $(MAINS),$(BENCH)))
$(OUT)/bench/simulated: $(OUT)/lib/sim.a
$(OUT)/bench/histories: $(call objects,$(filter-out $(MAINS),$(call sources,grading/linear)))
$(LINKED): $(OUT)/files
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(CFLAGS) -o $@ $(filter %.o,$^) $(if $(filter \
	    %-sim,$@),-rdynamic -Wl$(comma)--whole-archive $(filter %/sim.a,$^) \
	    -Wl$(comma)--no-whole-archive) $(filter %.a,$^) \
	    $(if $(filter $(TEST_BINS) $(FUZZ_BINS),$@),$(CHECK_LIBS)) $(LIBS) \
	    $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer)

# Its names are its own: a copy shares nothing with the program or another copy.
# If it calls what makes no sense in a simulation it is a text that says so, and
# the simulated tests alone fail by that.
$(NODES): grading/sim/check-names $(OUT)/files
	@mkdir -p $(@D)
	$(call say,SO) $(CC) $(CFLAGS) -shared -o $@ $(filter %.o,$^) \
	    -Wl,--whole-archive $(filter-out $(ARCHIVE.$(FOLDER.$(basename $(@F)))), \
	    $(filter %.a,$^)) -Wl,--no-whole-archive $(filter %.a,$^) \
	    -Wl,-Bsymbolic -Wl,--version-script=grading/sim/names
	@grading/sim/check-names $(basename $(@F)) $(filter %.o %.a,$^) >$@.text || \
	    { cat $@.text; cp $@.text $@; }; \
	    rm -f $@.text

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
