/* front.c - a few routes, one of each kind, and the server around them. */

#include "tests/support/front.h"

#include "api/server.h"
#include "api/upload.h"
#include "common/base/conf.h"
#include "tests/support/check.h"

#include <pthread.h>
#include <stdio.h>

struct thing {
    const char *name;
    int32_t limit;
};
static const struct field thing_fields[] = {
    FIELD(struct thing, name, .flags = F_REQUIRED, .max = 20),
    FIELD(struct thing, limit, .min = 1, .max = 200),
};
static const struct type thing_type = TYPE(struct thing, thing_fields);

static bool post_thing(struct op *op, const struct req *req, struct reply *rep)
{
    struct thing t = {.limit = 25};

    return req_body(op, req, &thing_type, &t) && reply_with(rep, 201, &thing_type, &t);
}

static bool get_thing(struct op *op, const struct req *req, struct reply *rep)
{
    struct thing t = {.name = "thing", .limit = 25};

    return req_query(op, req, &thing_type, &t) && reply_with(rep, 200, &thing_type, &t);
}

static bool stop_thing(struct op *op, const struct req *req, struct reply *rep)
{
    if (!req_nothing(op, req))
        return false;
    rep->status = 204;
    return true;
}

static bool echo(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op;
    buf_add(&rep->body, req->body.p, req->body.n);
    return true;
}

static bool get_large(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op, (void)req;
    for (int i = 0; i < FRONT_LARGE / 16; i++)
        buf_str(&rep->body, "0123456789abcdef");
    return true;
}

static bool count(struct op *op, void *ctx, struct str bytes)
{
    (void)op;
    *(size_t *)ctx += bytes.n;
    return true;
}

static bool import(struct op *op, const struct req *req, struct reply *rep)
{
    struct thing form = {.limit = 25};
    size_t n = 0;

    if (!req_upload(op, req, &(struct upload){&thing_type, &form, count, &n}))
        return false;
    buf_printf(&rep->body, "%s %d %zu", form.name, form.limit, n);
    return true;
}

/* A handler that stays until let go. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int inside;
    bool open;
} room = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static bool stay(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op, (void)req;
    pthread_mutex_lock(&room.lock);
    room.inside++;
    pthread_cond_broadcast(&room.change);
    while (!room.open)
        pthread_cond_wait(&room.change, &room.lock);
    room.inside--;
    pthread_mutex_unlock(&room.lock);
    buf_str(&rep->body, "{\"stayed\":true}");
    return true;
}

void front_wait_until_inside(int n)
{
    pthread_mutex_lock(&room.lock);
    while (room.inside < n)
        pthread_cond_wait(&room.change, &room.lock);
    pthread_mutex_unlock(&room.lock);
}

void front_open_door(bool open)
{
    pthread_mutex_lock(&room.lock);
    room.open = open;
    pthread_cond_broadcast(&room.change);
    pthread_mutex_unlock(&room.lock);
}

static const struct route table[] = {
    {"GET", "/things", get_thing, ROLE_PUBLIC, KIND_NONE, "a query", false, {0}},
    {"POST", "/things", post_thing, ROLE_PUBLIC, KIND_JSON, "a JSON body", false, {0}},
    {"GET", "/large", get_large, ROLE_PUBLIC, KIND_NONE, "4.8 MB", false, {0}},
    {"POST", "/things/{thing_id}/stop", stop_thing, ROLE_PUBLIC, KIND_NONE, "no body", false, {0}},
    {"POST", "/raw", echo, ROLE_PUBLIC, KIND_RAW, "any bytes", false, {0}},
    {"POST", "/import", import, ROLE_PUBLIC, KIND_STREAM, "a file", false, {0}},
    {"POST", "/stay", stay, ROLE_PUBLIC, KIND_JSON, "until let go", false, {0}},
    {"POST", "/urgent", post_thing, ROLE_PUBLIC, KIND_JSON, "what must get through", true, {0}},
    {"GET", "/private", echo, ROLE_VIEWER, KIND_NONE, "needs a key", false, {0}},
};

static struct conf conf;
static struct app app = {.conf = &conf};
static struct server *server;

int front_start(void **state)
{
    (void)state;
    conf = conf_defaults();
    conf.http_listen = "127.0.0.1:0";
    conf.http_threads = FRONT_THREADS;
    conf.http_max_body_bytes = FRONT_MAX_BODY;
    conf.http_max_upload_bytes = FRONT_MAX_UPLOAD;
    conf.http_request_timeout_ms = 1000;
    server = server_start(&app, &app, (struct routes){table, ARRAY_LEN(table)});
    return server ? 0 : -1;
}

void front_drain(int limit_ms)
{
    server_stop(server, limit_ms);
    server = NULL;
}

int front_stop(void **state)
{
    (void)state;
    front_open_door(true);
    if (server)
        front_drain(SOON_MS);
    front_open_door(false);
    return 0;
}

int front_port(void)
{
    return server_port(server);
}

void assert_is_error(const struct probe_answer *a, const char *code, const char *request)
{
    char begin[128];

    snprintf(begin, sizeof(begin), "{\"error\":{\"code\":\"%s\",\"message\":\"", code);
    if (strncmp(a->body, begin, strlen(begin)) != 0 || !strstr(a->body, "\"details\":{")
        || !strstr(a->body, "\"request_id\":\"req_"))
        fail_msg("%s\nanswered %s%s", request, a->head, a->body);
}
