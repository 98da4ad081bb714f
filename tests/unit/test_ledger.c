/* test_ledger.c - whatever is done to a ledger's file is found, at the entry it was done to. */

#include "common/ledger/ledger_file.h"

#include "common/base/digest.h"
#include "common/base/id.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TENANT = 7, ENTRIES = 40, EDITS = 10000, MAX_LINES = ENTRIES + 3 };

/* A ledger in memory: its lines, so that they can be meddled with one by one. */
struct ledger {
    char *lines[MAX_LINES];
    size_t n;
};

struct keys {
    struct ledger_key *ours, *public, *strange;
    char path[64], public_path[64], strange_path[64];
};

static int make_keys(void **state)
{
    struct keys *k = calloc(1, sizeof(*k));
    struct op op = {0};

    snprintf(k->path, sizeof(k->path), "/tmp/ledger.%d.key", (int)getpid());
    snprintf(k->strange_path, sizeof(k->strange_path), "/tmp/ledger.%d.other", (int)getpid());
    snprintf(k->public_path, sizeof(k->public_path), "/tmp/ledger.%d.pub", (int)getpid());
    assert_ok(&op, ledger_key_make(&op, k->path));
    assert_ok(&op, ledger_key_make(&op, k->strange_path));
    assert_non_null(k->ours = ledger_key_private(&op, k->path));
    assert_non_null(k->strange = ledger_key_private(&op, k->strange_path));
    FILE *f = fopen(k->public_path, "we");
    fputs(ledger_key_pem(&op, k->ours), f);
    fclose(f);
    assert_non_null(k->public = ledger_key_public(&op, k->public_path));
    op_end(&op);
    *state = k;
    return 0;
}

static int forget_keys(void **state)
{
    struct keys *k = *state;

    unlink(k->path);
    unlink(k->strange_path);
    unlink(k->public_path);
    ledger_key_close(k->ours);
    ledger_key_close(k->strange);
    ledger_key_close(k->public);
    free(k);
    return 0;
}

static char *take_line(struct buf *b)
{
    char *line = strndup(b->p, b->n - 1);

    buf_reset(b);
    return line;
}

static struct ledger write_ledger(const struct keys *k)
{
    struct op op = {0};
    struct buf b = {0};
    struct chain_head h = {0};
    struct ledger l = {.n = 1};
    char signature[SIGNATURE_HEX_SIZE], commitment[CHAIN_HEX_SIZE];

    for (int i = 1; i <= ENTRIES; i++) {
        const char *personal =
            i % 3 ? arena_printf(&op.arena, "{\"to_number\":\"+3934912345%02d\"}", i) : NULL;
        commitment_of(STR("salt"), str_of(personal ? personal : ""), commitment);
        const char *record =
            arena_printf(&op.arena, "{\"check\":%d,\"commitment\":\"%s\"}", i, commitment);
        chain_add(&h, str_of(record));
        ledger_write_entry(&b, &h, str_of(record), "73616c74", personal);
        l.lines[l.n++] = take_line(&b);
    }
    assert_ok(&op, chain_sign(&op, k->ours, TENANT, &h, signature));
    struct ledger_span span = {.tenant_id = TENANT,
                               .first = 1,
                               .last = ENTRIES,
                               .key = ledger_key_name(&op, k->ours),
                               .signature = signature};
    memcpy(span.head, h.hash, sizeof(span.head));
    ledger_write_span(&b, &span);
    l.lines[0] = take_line(&b);
    buf_free(&b);
    op_end(&op);
    return l;
}

static void forget(struct ledger *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->lines[i]);
}

static bool check(const struct ledger *l, struct ledger_check *c)
{
    for (size_t i = 0; i < l->n; i++)
        if (!ledger_check_line(c, str_of(l->lines[i])))
            return false;
    return ledger_check_end(c);
}

static void a_ledger_nobody_touched_verifies_with_the_public_key_alone(void **state)
{
    const struct keys *k = *state;
    struct ledger l = write_ledger(k);
    struct ledger_check c = {.key = k->public};

    assert_true(check(&l, &c));
    assert_int_equal(c.entries, ENTRIES);
    assert_int_equal(c.opened, ENTRIES - ENTRIES / 3);
    forget(&l);
}

static void another_key_did_not_sign_it(void **state)
{
    const struct keys *k = *state;
    struct ledger l = write_ledger(k);
    struct ledger_check c = {.key = k->strange};

    assert_false(check(&l, &c));
    assert_int_equal(c.bad, 0);
    forget(&l);
}

static void an_erased_person_leaves_a_ledger_that_verifies(void **state)
{
    const struct keys *k = *state;
    struct ledger l = write_ledger(k);
    struct ledger_check c = {.key = k->public};

    for (int tabs = 0, i = 0; l.lines[1][i]; i++)
        if (l.lines[1][i] == '\t' && ++tabs == 3)
            l.lines[1][i] = '\0';
    assert_true(check(&l, &c));
    assert_int_equal(c.opened, ENTRIES - ENTRIES / 3 - 1);
    forget(&l);
}

/* ---- meddling ---- */

static unsigned dice(unsigned sides)
{
    uint32_t n;

    random_bytes(&n, sizeof(n));
    return n % sides;
}

/* One byte of a line becomes another. */
static int64_t edit(struct ledger *l)
{
    size_t at = 1 + dice(ENTRIES), i = dice((unsigned)strlen(l->lines[at]));
    char was = l->lines[at][i];

    do
        l->lines[at][i] = (char)(' ' + dice(95));
    while (l->lines[at][i] == was);
    return (int64_t)at;
}

static void drop(struct ledger *l, size_t at)
{
    free(l->lines[at]);
    memmove(&l->lines[at], &l->lines[at + 1], (l->n - at - 1) * sizeof(l->lines[0]));
    l->n--;
}

static int64_t delete (struct ledger *l)
{
    size_t at = 1 + dice(ENTRIES);

    drop(l, at);
    return (int64_t)at;
}

static int64_t reorder(struct ledger *l)
{
    size_t a = 1 + dice(ENTRIES - 1), b = a + 1 + dice((unsigned)(ENTRIES - a));
    char *line = l->lines[a];

    l->lines[a] = l->lines[b];
    l->lines[b] = line;
    return (int64_t)a;
}

static int64_t truncate_it(struct ledger *l)
{
    size_t keep = dice(ENTRIES);

    while (l->n > keep + 1)
        free(l->lines[--l->n]);
    return (int64_t)keep + 1;
}

static int64_t repeat(struct ledger *l)
{
    size_t at = 1 + dice(ENTRIES);

    memmove(&l->lines[at + 1], &l->lines[at], (l->n - at) * sizeof(l->lines[0]));
    l->lines[at] = strdup(l->lines[at + 1]);
    l->n++;
    return (int64_t)at + 1;
}

/* A record is changed by somebody who can compute hashes: from there on all of them. */
static int64_t rewrite(struct ledger *l)
{
    struct chain_head h = {0};
    struct buf b = {0};
    size_t at = 1 + dice(ENTRIES);

    for (size_t i = 1; i < l->n; i++) {
        char *record = strchr(strchr(l->lines[i], '\t') + 1, '\t') + 1;
        size_t n = strcspn(record, "\t");
        if (i == at)
            record[n - 2] = record[n - 2] == '"' ? '\'' : '"';
        chain_add(&h, (struct str){record, n});
        ledger_write_entry(&b, &h, (struct str){record, n}, NULL, NULL);
        free(l->lines[i]);
        l->lines[i] = take_line(&b);
    }
    buf_free(&b);
    return ENTRIES; /* only the signed head tells: it is no longer the last entry's */
}

static void what_is_done_to_a_ledger_is_found_where_it_was_done(void **state)
{
    static int64_t (*const ways[])(struct ledger *) = {edit,        delete, reorder,
                                                       truncate_it, repeat, rewrite};
    const struct keys *k = *state;

    for (int i = 0; i < EDITS; i++) {
        struct ledger l = write_ledger(k);
        struct ledger_check c = {.key = k->public};
        size_t way = (size_t)i % ARRAY_LEN(ways);
        int64_t at = ways[way](&l);
        if (check(&l, &c))
            fail_msg("way %zu at entry %lld was not found", way, (long long)at);
        if (c.bad != at)
            fail_msg("way %zu at entry %lld was found at %lld", way, (long long)at,
                     (long long)c.bad);
        forget(&l);
    }
}

static void what_is_done_to_the_first_line_is_found_there(void **state)
{
    const struct keys *k = *state;

    for (int i = 0; i < 1000; i++) {
        struct ledger l = write_ledger(k);
        struct ledger_check c = {.key = k->public};
        size_t at = dice((unsigned)strlen(l.lines[0])), key = 0;
        for (int tabs = 0; tabs < 6; key++)
            tabs += l.lines[0][key] == '\t';
        if (at >= key && at < key + 16) /* the key's name helps to find it, and proves nothing */
            at = 0;
        l.lines[0][at] = l.lines[0][at] == 'x' ? 'y' : 'x';
        assert_false(check(&l, &c));
        forget(&l);
    }
}

static void a_file_that_is_no_ledger_is_said_to_be_none(void **state)
{
    static const char *const lines[] = {"", "x", "agoralia-ledger-1", "agoralia-ledger-1\t1\t1\t0",
                                        "agoralia-ledger-2\t7\t1\t1\t00\t00\t-\t-"};
    struct ledger_check none = {0};
    (void)state;

    assert_false(ledger_check_end(&none));
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct ledger_check c = {0};
        assert_false(ledger_check_line(&c, str_of(lines[i])));
        assert_int_equal(c.bad, 0);
    }
}

static void a_key_is_never_written_over(void **state)
{
    const struct keys *k = *state;
    struct op op = {0};

    assert_fails(&op, E_INTERNAL_ERROR, ledger_key_make(&op, k->path));
    op_end(&op);
    op = (struct op){0};
    assert_null(ledger_key_public(&op, k->path));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ledger_nobody_touched_verifies_with_the_public_key_alone),
        cmocka_unit_test(another_key_did_not_sign_it),
        cmocka_unit_test(an_erased_person_leaves_a_ledger_that_verifies),
        cmocka_unit_test(what_is_done_to_a_ledger_is_found_where_it_was_done),
        cmocka_unit_test(what_is_done_to_the_first_line_is_found_there),
        cmocka_unit_test(a_file_that_is_no_ledger_is_said_to_be_none),
        cmocka_unit_test(a_key_is_never_written_over),
    };
    return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
