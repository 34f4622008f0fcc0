// message.h - between what the core knows and what messages say.
#ifndef LAB2_MESSAGE_H
#define LAB2_MESSAGE_H

#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/view.h"

// Fills a message that borrows from *view.
void view_to_message(const struct view *view, Pb__View *out);

// NULL, or a name that is none: nobody.
struct view view_from_message(const Pb__View *message);

#endif
