#include "lab2-pbservice/message.h"

void view_to_message(const struct view *view, Pb__View *out)
{
    *out = (Pb__View)PB__VIEW__INIT;
    out->number = view->number;
    out->primary = (char *)view->primary.name;
    out->backup = (char *)view->backup.name;
}

struct view view_from_message(const Pb__View *message)
{
    if (message == NULL)
        return (struct view){.number = 0};
    return (struct view){message->number, who(message->primary),
                         who(message->backup)};
}
