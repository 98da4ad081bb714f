/* scrubs.c - /api/v1/compliance/scrubs: what registries answered, and until when it holds. */

#include "common/compliance/scrub.h"

#include "api/handlers.h"
#include "api/list.h"
#include "api/upload.h"

/* The import is opened by the first piece of the file: only then is the form complete. */
struct answer_upload {
    struct scrub_answer answer;
    struct dnc_import *import;
};

static bool opened(struct op *op, struct answer_upload *u)
{
    if (!u->import)
        u->import = scrub_answer_open(op, &u->answer);
    return u->import != NULL;
}

static bool feed_answer(struct op *op, void *ctx, struct str bytes)
{
    struct answer_upload *u = ctx;

    return opened(op, u) && dnc_import_feed(op, u->import, bytes);
}

bool handle_scrub_import(struct op *op, const struct req *req, struct reply *rep)
{
    struct answer_upload u = {0};

    rep->status = 200;
    return req_upload(
               op, req,
               &(struct upload){
                   .type = &scrub_answer_type, .form = &u.answer, .data = feed_answer, .ctx = &u})
           && opened(op, &u) && dnc_import_finish(op, u.import, &rep->body);
}

bool handle_scrub_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct scrub_summary *items;
    int n;

    return req_nothing(op, req) && scrub_summaries(op, &items, &n)
           && reply_list(rep, (struct list){&scrub_summary_type, items, n});
}
