# handout.mk - targets that cut handouts and prove them; see handout/README.md.

.PHONY: handout handout-check

handout: $(BUILD)/.deps-staff  ## cut what students get: LAB=1 EARLIER=solved
	@handout/cut

handout-check: $(BUILD)/.deps-staff  ## prove the handouts: LAB=1
	@handout/proof
	@handout/check
