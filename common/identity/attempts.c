/* attempts.c - two counters, each a single statement, so that many tries at once are counted too.
 */

#include "common/identity/attempts.h"

#include "common/base/metrics.h"
#include "common/store/db.h"
#include "queries.h"

#include <arpa/inet.h>

/* Behind one network there may be an office. */
enum { FREE_OF_ADDRESS = 5, FREE_OF_NETWORK = 50 };

const char *attempt_network(struct op *op, const char *address)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    struct in_addr v4;

    if (inet_pton(AF_INET, address, &v4) == 1) {
        v4.s_addr &= htonl(0xffffff00);
        return arena_printf(&op->arena, "%s/24", inet_ntop(AF_INET, &v4, text, sizeof(text)));
    }
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return "unknown";
    if (IN6_IS_ADDR_V4MAPPED(&v6))
        return attempt_network(op, strrchr(inet_ntop(AF_INET6, &v6, text, sizeof(text)), ':') + 1);
    memset(v6.s6_addr + 7, 0, 9);
    return arena_printf(&op->arena, "%s/56", inet_ntop(AF_INET6, &v6, text, sizeof(text)));
}

static bool count(struct op *op, const char *email, const char *network, int64_t free_tries)
{
    const struct arg *args =
        ARGS({"email", email}, {"network", network}, {"free", sql_i64(op, free_tries)});
    struct rows rows;

    if (!db_query(op, &SQL_ATTEMPT_BEGIN, args, &rows))
        return false;
    if (rows.n)
        return true;
    if (!db_query(op, &SQL_ATTEMPT_WAIT, args, &rows))
        return false;
    metric_add(M_LOGINS, 1, LABELS("delayed"));
    op->err.retry_after = rows.n ? (int)db_i64(&rows, 0, "seconds") : 1;
    return fail(op, E_RATE_LIMIT_EXCEEDED, "Too many tries, wait before the next");
}

bool attempt_begin(struct op *op, const char *email, const char *network)
{
    return count(op, "", network, FREE_OF_NETWORK) && count(op, email, network, FREE_OF_ADDRESS);
}

bool attempt_forgive(struct op *op, const char *email, const char *network)
{
    const struct arg *args = ARGS({"email", email}, {"network", network});
    struct rows mine, all, old;

    return db_ask(op,
                  (const struct ask[]){{&SQL_ATTEMPT_FORGIVE, args, &mine},
                                       {&SQL_ATTEMPT_FORGIVE_NETWORK, args, &all},
                                       {&SQL_ATTEMPT_SWEEP, NO_ARGS, &old}},
                  3);
}
