/* audit.c - /api/v1/audit */

#include "common/tenant/audit.h"

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"

bool handle_audit_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct audit_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct audit_entry *items;
    int64_t total;
    int n;

    return req_query(op, req, &audit_query_type, &q) && audit_list(op, &q, &items, &n, &total)
           && reply_page(rep, (struct list){&audit_entry_type, items, n}, total, q.limit, q.offset);
}
