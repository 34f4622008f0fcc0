// admin.h - the commands about masters: masterd, admin, status.
#ifndef LAB4_ADMIN_H
#define LAB4_ADMIN_H

struct arguments;

// Each returns an exit status.
int command_masterd(const struct arguments *arguments);
int command_admin(const struct arguments *arguments);
int command_status(const struct arguments *arguments);

#endif
