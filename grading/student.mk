# student.mk - targets of students and staff that stand on scripts here.

.PHONY: adopt coverage

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
