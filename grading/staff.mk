# staff.mk - targets for those who make and grade the course. The Makefile at
# the top includes it; students have none of it.
FUZZ_S ?= 10

# Staff's tests need more than students' do. One after the other: two apt-get
# at a time do not go together.
test: $(BUILD)/.deps-staff
$(BUILD)/.deps-staff: | $(BUILD)/.deps-student

.PHONY: grade grade-proof grade-resume fuzz fuzz-run bench bench-run lint nightly \
    deps compdb bugs bugs-check soak suite fresh linear-exhaustive

coverage: $(BUILD)/.deps-staff

fuzz: $(BUILD)/.deps-staff  ## fuzz each target for FUZZ_S=10 seconds
	@$(MAKE) --no-print-directory fuzz-run VARIANT=fuzz
fuzz-run: $(FUZZ_BINS)
	@grading/fuzz.sh $(FUZZ_S) $(foreach t,$(FUZZ),$(BUILD)/fuzz/$(call \
	    fuzz_name,$(t)) $(dir $(t))corpus/$(call fuzz_name,$(t)))

bench: $(BUILD)/.deps-staff  ## measure against the goals: ONLY=name
	@$(MAKE) --no-print-directory bench-run VARIANT=release
bench-run: $(BINS) $(BENCH_BINS)
	@grading/bench/run $(OUT) $(BUILD)/bench.jsonl $(ONLY)

grade: $(BUILD)/.deps-staff  ## grade the sample submissions: LAB=1
	@grading/samples/check $(or $(LAB),1)

grade-proof: $(BUILD)/.deps-staff  ## prove that the grading script cannot be had
	@grading/grader/proof

grade-resume: $(BUILD)/.deps-staff  ## kill it again and again: LAB=1 KILLS=20
	@grading/samples/resume $(or $(LAB),1) $(or $(KILLS),20)

linear-exhaustive: $(BUILD)/.deps-staff  ## the checker: all small histories: DEEP=1 for a minute's
	@$(MAKE) --no-print-directory linear-exhaustive-run VARIANT=release
linear-exhaustive-run: $(OUT)/bin/run-tests $(OUT)/tests/grading-linear/exhaustive_test
	@LINEAR_DEEP=$(or $(DEEP),2) LAB_TIME_SCALE=8 $< -j $(J) $(word 2,$^)

lint: $(BUILD)/.deps-staff  ## check the rules of the house
	@grading/lint-proof
	@grading/lint

nightly: $(BUILD)/.deps-staff  ## tsan, valgrind, long fuzzing: NIGHTLY_FRESH=1
	@grading/nightly

bugs: $(BUILD)/.deps-staff  ## do tests catch seeded bugs? LAB=1 BUG=M7 FULL=1
	@grading/bugs/run

bugs-check: $(BUILD)/.deps-staff  ## do the seeded bugs apply, compile, and is one caught?
	@grading/bugs/proof
	@grading/bugs/run check
	@LAB=rpc BUG=R10 grading/bugs/run

soak: $(BUILD)/.deps-staff  ## run a lab's tests often: LAB=1 N=100 LOAD=2
	@grading/soak

# For those two: the tests of a lab, or of what all labs stand on, and a file
# that names them.
SUITE := $(if $(filter rpc,$(LAB)),$(filter $(OUT)/tests/common-rpc/% \
    $(OUT)/tests/common-runtime/%,$(TEST_BINS)),$(if $(filter linear,$(LAB)),$(filter \
    $(OUT)/tests/grading-linear/%,$(TEST_BINS)),$(RUN)))
suite: $(BINS) $(SUITE)
	@echo $(SUITE) >$(OUT)/suite-$(LAB)

fresh:  ## make handout, grade and test on a bare Debian 12, made for this
	@grading/fresh $(BUILD)/fresh $(GOALS)

deps:  ## install the packages that staff need and this machine lacks
	@grading/deps.sh install staff

compdb: $(BUILD)/.deps-staff  ## write build/compile_commands.json for editors
	@mkdir -p $(BUILD)
	@bear --output $(BUILD)/compile_commands.json -- \
	    $(MAKE) --no-print-directory --always-make tests
