/* people.c - through the same doors as everybody, below HTTP. */

#include "tests/support/people.h"

#include "common/base/clock.h"
#include "common/identity/mail.h"
#include "common/identity/token.h"
#include "common/identity/token_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int people_setup(void **state)
{
    struct people *p = calloc(1, sizeof(*p));
    void *db = NULL;
    const char *path;

    if (!p || testdb_setup(&db) != 0)
        return -1;
    p->db = db;
    p->tenant = testdb_tenant(p->db);
    snprintf(p->folder, sizeof(p->folder), "/tmp/aga_identity_XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->mail, sizeof(p->mail), "%s/mail", p->folder);
    struct op op = {0};
    assert_ok(&op, token_key_make(&op, p->folder, &path));
    op_end(&op);
    p->db->conf.password_memory_kib = 8192;
    p->db->conf.password_passes = 1;
    p->db->conf.mail_file = p->mail;
    p->db->app.tokens = token_keys_open(p->folder);
    p->db->app.mailer = mailer_open(&p->db->conf);
    *state = p;
    return 0;
}

int people_teardown(void **state)
{
    struct people *p = *state;
    void *db = p->db;
    char command[128];

    mailer_close(p->db->app.mailer);
    token_keys_close(p->db->app.tokens);
    snprintf(command, sizeof(command), "rm -r %s", p->folder);
    if (system(command) != 0)
        return -1;
    free(p);
    return testdb_teardown(&db);
}

const char *people_token(const char *url)
{
    return strchr(url, '#') + 1;
}

int64_t people_join(struct people *p, int64_t tenant, const char *email, enum user_role role)
{
    struct op op = testdb_op(p->db, tenant);
    struct invitation i = {.email = email, .role = (int)role};
    struct user u;
    const char *url;

    assert_ok(&op, invitation_make(&op, &i, &url));
    assert_ok(&op,
              invitation_accept(
                  &op, &(struct acceptance){.token = people_token(url), .password = PASSWORD}, &u));
    op_end(&op);
    return u.id;
}

static bool take_over(struct op *op, struct user *u, void *wanted)
{
    const struct user *w = wanted;

    (void)op;
    u->name = w->name;
    u->role = w->role;
    u->campaigns = w->campaigns;
    u->status = w->status;
    return true;
}

bool people_change(struct op *op, struct user *u)
{
    struct user changed;

    return user_change(op, u->id, take_over, u, &changed);
}

enum err_code people_sign_in(struct people *p, struct op *op, const char *email,
                             const char *password, const char *client, struct session_tokens *t)
{
    *op = testdb_op(p->db, 0);
    return login(op, &(struct login){email, password}, client, t) ? E_NONE : op->err.code;
}

enum err_code people_refresh(struct people *p, struct op *op, const char *token,
                             struct session_tokens *t)
{
    *op = testdb_op(p->db, 0);
    return session_refresh(op, token, t) ? E_NONE : op->err.code;
}

enum err_code people_asked_anew(struct people *p, const struct session_tokens *t)
{
    struct token_claims c;
    struct session_tokens fresh;
    struct op op = testdb_op(p->db, 0), probe = testdb_op(p->db, 0);
    const char *text;
    int role;

    assert_ok(&op, token_verify(&op, str_of(t->access_token), clock_now_us() / 1000000, &c));
    assert_ok(&op, token_sign(&op, &c, clock_now_us() / 1000000, &text));
    fresh.access_token = text;
    enum err_code code =
        session_authenticate(&probe, str_of(fresh.access_token), &role) ? E_NONE : probe.err.code;
    op_end(&probe);
    op_end(&op);
    return code;
}

void people_act_as(struct people *p, struct op *op, const struct session_tokens *t)
{
    int role;

    *op = testdb_op(p->db, 0);
    assert_ok(op, session_authenticate(op, str_of(t->access_token), &role));
}
