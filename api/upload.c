/* upload.c - from a body stream through the multipart parser to the reader of the file. */

#include "api/upload.h"

#include "api/multipart.h"
#include "api/query.h"

#include <stdlib.h>
#include <strings.h>

enum { CHUNK = 64 * 1024, FIELD_MAX = 4096 };

struct intake {
    struct op *op;
    const struct upload *upload;
    struct content *content;
    struct params params;
    struct multipart parser;
    bool in_file, had_file;
    struct str field; /* name of the text field being read, in op's arena */
    size_t value_n;
    char value[FIELD_MAX];
    char chunk[CHUNK];
};

/* Fields by name and length, so that none can be taken for another; the file to its end. */
static void note(const struct intake *in, struct str bytes)
{
    if (in->content)
        digest_add(in->content->digest, bytes);
}

static void note_field(const struct intake *in, struct str name, struct str value)
{
    const uint64_t sizes[] = {name.n, value.n};

    note(in, (struct str){(const char *)sizes, sizeof(sizes)});
    note(in, name);
    note(in, value);
}

static bool take_file(struct intake *in, struct str bytes)
{
    note(in, bytes);
    if (in->content && in->content->taken)
        return true;
    return in->upload->data(in->op, in->upload->ctx, bytes);
}

static bool begin_file(struct intake *in)
{
    if (in->had_file)
        return fail(in->op, E_VALIDATION_ERROR, "The form must have one file");
    in->in_file = in->had_file = true;
    return params_finish(&in->params);
}

static bool begin(void *ctx, const struct multipart_part *part)
{
    struct intake *in = ctx;

    if (str_eq(part->name, STR("file")))
        return begin_file(in);
    if (part->filename.p)
        return fail(in->op, E_VALIDATION_ERROR, "The file must be the part named \"file\"");
    if (in->had_file)
        return fail(in->op, E_VALIDATION_ERROR, "Fields must come before the file");
    in->field.p = arena_strndup(&in->op->arena, part->name.p, part->name.n);
    in->field.n = part->name.n;
    in->value_n = 0;
    return true;
}

static bool data(void *ctx, struct str bytes)
{
    struct intake *in = ctx;

    if (in->in_file)
        return take_file(in, bytes);
    if (bytes.n > FIELD_MAX - in->value_n)
        return fail(in->op, E_VALIDATION_ERROR, "The field %s is too long", in->field.p);
    memcpy(in->value + in->value_n, bytes.p, bytes.n);
    in->value_n += bytes.n;
    return true;
}

static bool end(void *ctx)
{
    struct intake *in = ctx;

    if (!in->in_file) {
        note_field(in, in->field, (struct str){in->value, in->value_n});
        params_take(&in->params, in->field, (struct str){in->value, in->value_n});
    }
    in->in_file = false;
    return true;
}

static bool form_complaint(struct intake *in)
{
    if (!in->parser.wrong)
        return false; /* an event failed, and said why */
    return fail(in->op, E_MALFORMED_REQUEST, "The form %s", in->parser.wrong);
}

static bool take_form(struct intake *in, struct body_stream *s)
{
    long n;

    while ((n = s->read(s, in->chunk, CHUNK)) > 0)
        if (!multipart_feed(&in->parser, (struct str){in->chunk, (size_t)n}))
            return form_complaint(in);
    if (n < 0)
        return false;
    if (!multipart_finish(&in->parser))
        return form_complaint(in);
    return in->had_file || fail(in->op, E_VALIDATION_ERROR, "The form has no part named \"file\"");
}

static bool take_plain(struct intake *in, struct body_stream *s)
{
    long n;

    if (!params_finish(&in->params))
        return false;
    while ((n = s->read(s, in->chunk, CHUNK)) > 0)
        if (!take_file(in, (struct str){in->chunk, (size_t)n}))
            return false;
    return n == 0;
}

static bool is_csv(const char *type)
{
    return strncasecmp(type, "text/csv", 8) == 0 && (!type[8] || strchr("; ", type[8]));
}

bool req_upload(struct op *op, const struct req *req, const struct upload *u)
{
    const struct multipart_events events = {begin, data, end, NULL};
    const char *type = req->content_type ? req->content_type : "";
    char boundary[MULTIPART_MAX_BOUNDARY + 1];
    bool form = multipart_boundary(type, boundary);

    if (!form && !is_csv(type))
        return fail(op, E_UNSUPPORTED_MEDIA_TYPE,
                    "Send the file as multipart/form-data or as text/csv");
    struct intake *in = calloc(1, sizeof(*in));
    if (!in)
        abort();
    arena_defer(&op->arena, free, in);
    in->op = op;
    in->upload = u;
    in->content = req->content;
    in->params = (struct params){.op = op, .type = u->type, .out = u->form};
    params_take_query(&in->params, req->query);
    if (form)
        multipart_init(&in->parser, str_of(boundary), &events);
    in->parser.events.ctx = in;
    bool ok = form ? take_form(in, req->stream) : take_plain(in, req->stream);
    return ok && !(in->content && in->content->taken);
}
