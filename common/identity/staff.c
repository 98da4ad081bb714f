/* staff.c - a short list, read each time. */

#include "common/identity/staff.h"

#include "common/base/conf.h"
#include "common/identity/email.h"

bool staff_has(struct op *op, const char *email)
{
    const char *list = op->app->conf->admin_emails;

    for (const char *p = list ? list : ""; email && *p;) {
        p += strspn(p, ", ");
        size_t n = strcspn(p, ", ");
        if (n && strcmp(email_key(op, arena_strndup(&op->arena, p, n)), email) == 0)
            return true;
        p += n;
    }
    return false;
}
