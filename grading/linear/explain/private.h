// private.h - what the parts of the explanation share.
#ifndef GRADING_LINEAR_EXPLAIN_PRIVATE_H
#define GRADING_LINEAR_EXPLAIN_PRIVATE_H

#include "grading/linear/explain.h"

// A history of one key that borrows the texts of `h`: its operations up to
// position `until`; what has not returned by then may have happened or not.
void history_prefix(const struct linear_history *h, uint32_t key, int64_t until,
                    struct linear_history *out);
// A copy of one operation into another history of the same key.
struct linear_op *history_copy(const struct linear_history *from,
                               const struct linear_op *op,
                               struct linear_history *to);
// Those operations of one key, and the writes that they speak of; borrows the
// texts of `h`. If this is not linearizable, `h` is not. False: it cannot be
// had. *out must be released in any case.
bool history_related(const struct linear_history *h, uint32_t key,
                     const size_t *ops, size_t count,
                     struct linear_history *out);
bool is_violation(const struct linear_history *h,
                  const struct linear_options *options);

// Takes from a history of one key what it can while no order fits still;
// stops after `budget_ms`.
void shrink(struct linear_history *h, const struct linear_options *options,
            int64_t budget_ms);

// "Append 'c1.17;'", without what came of it; owned.
char *op_words(const struct linear_history *h, size_t op);

#endif
