/*
 * router.h - which endpoint a method and a path mean.  Pure.
 *
 * Matching is exact and case-sensitive, segment by segment.  {call_id} takes
 * text of [a-z0-9_]{1,64}, {country_iso} two letters; every other {..._id} a
 * positive decimal int64 without leading zeros.  A pattern without parameters wins over one with.
 */
#ifndef AGORALIA_ROUTER_H
#define AGORALIA_ROUTER_H

#include "api/http.h"
#include "common/tenant/scope.h"

enum route_role { ROLE_PUBLIC, ROLE_VIEWER, ROLE_USER, ROLE_ADMIN };
enum route_kind { KIND_NONE, KIND_OPTIONAL, KIND_JSON, KIND_RAW, KIND_STREAM };

/*
 * How a request that changes something keeps its effect and its answer together (unit.h): the
 * handler in one transaction (WHOLE), or from its own first db_begin() on (LATE: it asks others
 * before), or in several (STEPS).  What a SHOWN one answers is a secret: as WHOLE, but no answer is
 * kept, and an Idempotency-Key is refused.
 */
enum route_unit { UNIT_NONE, UNIT_WHOLE, UNIT_LATE, UNIT_STEPS, UNIT_SHOWN };

/* Whose budget of requests it takes from (throttle.h); FREE is not counted. */
enum route_class { CLASS_FREE, CLASS_READ, CLASS_WRITE, CLASS_DIAL, CLASS_IMPORT, CLASS_URGENT };

struct manner {
    enum route_unit unit;
    enum route_class class;
    enum scope scope; /* what a key that has scopes needs */
    bool narrow;      /* a user who is limited to some campaigns comes to it, and sees no others */
};

struct route {
    const char *method;
    const char *path;
    bool (*handle)(struct op *op, const struct req *req, struct reply *rep);
    enum route_role role;
    enum route_kind kind;
    const char *summary;
    bool urgent; /* a slot and a session are kept free for it */
    struct manner manner;
};

/* What begins so is about the campaign req->ids[0]. */
#define ROUTE_OF_CAMPAIGN "/api/v1/campaigns/{campaign_id}"

struct routes {
    const struct route *items;
    size_t n;
};

/*
 * Fill req->route, params and ids.  Fails with RESOURCE_NOT_FOUND when no
 * pattern takes the path, with METHOD_NOT_ALLOWED when one does for another
 * method; *allow then lists the methods it has.
 */
bool router_match(struct op *op, const struct routes *routes, struct str method, struct req *req,
                  const char **allow) MUSTCHECK;

#endif
