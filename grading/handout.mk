# handout.mk - targets that cut handouts and prove them; see handout/README.md.

.PHONY: handout handout-check texts

handout: $(BUILD)/.deps-staff  ## cut what students get: LAB=1 EARLIER=solved
	@handout/cut

handout-check: $(BUILD)/.deps-staff  ## prove the handouts: LAB=1
	@handout/proof
	@handout/check

texts: $(BUILD)/.deps-staff  ## write what labs' texts say of tests: LAB=1
	@handout/check --write-texts
