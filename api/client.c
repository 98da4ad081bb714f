/* client.c - what anybody may write into a header is believed of our own proxies only. */

#include "api/client.h"

#include "common/base/conf.h"

static bool lists(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = list; p && *p;) {
        p += strspn(p, " ,");
        size_t len = strcspn(p, " ,");
        if (len == n && n && memcmp(p, word, n) == 0)
            return true;
        p += len;
    }
    return false;
}

const char *client_address(struct op *op, const char *peer, const char *forwarded_for)
{
    if (!peer)
        return "";
    if (!forwarded_for || !lists(op->app->conf->http_proxies, peer))
        return arena_strdup(&op->arena, peer);
    const char *comma = strrchr(forwarded_for, ',');
    const char *last = comma ? comma + 1 : forwarded_for;
    last += strspn(last, " \t");
    return arena_strndup(&op->arena, last, strcspn(last, " \t"));
}
