/* handlers.h - one prototype per route, expanded from routes.def. */
#ifndef AGORALIA_HANDLERS_H
#define AGORALIA_HANDLERS_H

#include "api/http.h"

#define ROUTE(method, path, handler, role, kind, summary) \
    bool handle_##handler(struct op *op, const struct req *req, struct reply *rep);
#include "api/routes.def"
#undef ROUTE

#endif
