# student.mk - targets of students and staff that stand on scripts here.

.PHONY: adopt coverage sim hunt replay found

# Where programs of that variant count; nodes inherit it.
ifeq ($(VARIANT),coverage)
export LLVM_PROFILE_FILE := $(abspath $(BUILD))/coverage/raw/%m%c.profraw
endif

adopt:  ## copy your solutions of earlier labs: FROM=folder of an older handout
	@grading/adopt.sh '$(FROM)'

coverage:  ## run the tests and draw which lines have run: LAB=1
	@grading/coverage.sh tools
	@rm -rf $(BUILD)/coverage/raw && mkdir -p $(BUILD)/coverage/raw && \
	    chmod 777 $(BUILD)/coverage/raw
	@$(MAKE) --no-print-directory test VARIANT=coverage; status=$$?; \
	    grading/coverage.sh draw $(BUILD)/coverage '$(LAB)' && exit $$status

# Simulated tests under many seeds: grading/sim/README.md.
SIM_TESTS_RUN = $(filter $(OUT)/tests/lab%cluster_test-sim,$(RUN))
SIM_RUN = $(OUT)/bin/sim -j $(or $(SIM_J),$(shell nproc)) -k $(BUILD)/failed \
    $(if $(TIMES),--times $(TIMES))

sim: $(BINS) $(SIM_TESTS_RUN)  ## run tests under many seeds: LAB=2 N=1000 T='..' SEED=1 TWICE=1 TIMES=100 GDB=call
	@$(SIM_RUN) -n $(or $(N),1000) $(if $(TWICE),--twice) \
	    $(if $(GDB),--gdb $(GDB)) $(SIM_TESTS_RUN)

hunt: $(BINS) $(SIM_TESTS_RUN)  ## the same, up to the first failure
	@$(SIM_RUN) -n $(or $(N),10000) --hunt $(SIM_TESTS_RUN)

replay: $(BINS) $(filter $(OUT)/tests/lab%cluster_test-sim,$(TEST_BINS))  ## a failure of sim again: FILE=build/failed/.../run.trace TIMES=100
	@$(OUT)/bin/sim --replay '$(FILE)' $(if $(TIMES),--times $(TIMES))

found: $(BINS) $(SIM_TESTS_RUN)  ## what the simulation has found once must pass now: LAB=3
	@grading/sim/found $(OUT)/bin/sim \
	    '$(wildcard $(if $(LAB),lab$(LAB)-*,lab*)/tests/found/*)' \
	    $(SIM_TESTS_RUN)
