/* Secrets at rest: what opens, and everything near it that must not. */

#include "common/base/secret_box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

#define SECRET "key_of_a_workspace_0123456789"

static char folder[] = "/tmp/secret_boxXXXXXX", path[64];
static struct op op = {.request_id = "req_t"};

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/secret_boxXXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/keys", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    op_end(&op);
    op = (struct op){.request_id = "req_t"};
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct key_ring *new_ring(char id[RING_KEY_ID_SIZE])
{
    assert_true(key_ring_add(&op, path, id));
    return key_ring_open(path);
}

static struct sealed sealed_for(struct key_ring *r, int64_t tenant, const char *row)
{
    struct sealed s = {0};

    secret_place(&s, "tenant_secrets", "box", tenant, row);
    assert_true(secret_seal(&op, r, str_of(SECRET), &s));
    return s;
}

static bool opens(struct key_ring *r, const struct sealed *s)
{
    size_t n = 0;
    char *plain = secret_open(&op, r, s, "", &n);
    bool same = plain && n == strlen(SECRET) && strcmp(plain, SECRET) == 0;

    assert_true(same || !plain); /* never something else */
    secret_wipe(plain);
    op_forgive(&op);
    return same;
}

static void what_was_sealed_opens_where_it_belongs(void **state)
{
    char id[RING_KEY_ID_SIZE];
    struct key_ring *r = new_ring(id);
    struct sealed s = sealed_for(r, 7, "retell/a"), again = sealed_for(r, 7, "retell/a");

    (void)state;
    assert_string_equal(s.key_id, id);
    assert_true(opens(r, &s));
    assert_null(memmem(&s, sizeof(s), SECRET, strlen(SECRET)));
    /* The same secret is never twice the same text. */
    assert_memory_not_equal(s.nonce, again.nonce, sizeof(s.nonce));
    assert_memory_not_equal(s.box, again.box, s.n);
    key_ring_close(r);
}

/* S110: every bit of the box and of its nonce, and every length. */
static void a_changed_byte_or_length_does_not_open(void **state)
{
    char id[RING_KEY_ID_SIZE];
    struct key_ring *r = new_ring(id);
    const struct sealed good = sealed_for(r, 7, "retell/a");

    (void)state;
    for (uint32_t i = 0; i < 8 * good.n; i++) {
        struct sealed s = good;
        s.box[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_false(opens(r, &s));
    }
    for (int i = 0; i < 8 * SECRET_NONCE; i++) {
        struct sealed s = good;
        s.nonce[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_false(opens(r, &s));
    }
    for (uint32_t n = 0; n <= sizeof(good.box) + 2; n++) {
        struct sealed s = good;
        s.n = n;
        assert_int_equal(opens(r, &s), n == good.n);
    }
    key_ring_close(r);
}

/* S110: the same bytes in another tenant's row, in another row, column or table, or under the name
 * of another key. */
static void a_box_does_not_open_anywhere_else(void **state)
{
    char id[RING_KEY_ID_SIZE], other[RING_KEY_ID_SIZE];
    struct key_ring *r = new_ring(id);
    const struct sealed good = sealed_for(r, 7, "retell/a");
    static const struct {
        const char *table, *column, *row;
        int64_t tenant;
    } places[] = {{"tenant_secrets", "box", "retell/a", 8},
                  {"tenant_secrets", "box", "retell/b", 7},
                  {"tenant_secrets", "box", "retell_webhook/a", 7},
                  {"tenant_secrets", "nonce", "retell/a", 7},
                  {"users", "box", "retell/a", 7}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct sealed s = good;
        secret_place(&s, places[i].table, places[i].column, places[i].tenant, places[i].row);
        assert_false(opens(r, &s));
    }
    assert_true(key_ring_add(&op, path, other));
    struct sealed s = good, theirs = good;
    memcpy(s.key_id, other, sizeof(other));
    assert_false(opens(r, &s));
    secret_place(&theirs, "tenant_secrets", "box", 8, "retell/a");
    assert_true(secret_seal(&op, r, str_of("key_of_another_workspace"), &theirs));
    memcpy(theirs.place, good.place, sizeof(good.place));
    assert_false(opens(r, &theirs));
    assert_true(opens(r, &good));
    key_ring_close(r);
}

static void the_newest_key_seals_and_all_of_them_open(void **state)
{
    char first[RING_KEY_ID_SIZE], second[RING_KEY_ID_SIZE];
    struct key_ring *r = new_ring(first);
    struct sealed old = sealed_for(r, 7, "retell/a");

    (void)state;
    assert_true(key_ring_add(&op, path, second)); /* while somebody has the ring */
    assert_string_not_equal(first, second);
    struct sealed new = sealed_for(r, 7, "retell/a");
    assert_string_equal(new.key_id, second);
    assert_true(opens(r, &old) && opens(r, &new));
    assert_true(secret_reseal(&op, r, &old));
    assert_string_equal(old.key_id, second);
    assert_true(opens(r, &old));
    const struct sealed stands = old;
    assert_true(secret_reseal(&op, r, &old));
    assert_memory_equal(&old, &stands, sizeof(old));
    key_ring_close(r);
}

static void without_its_key_it_does_not_open_and_nothing_is_sealed(void **state)
{
    char id[RING_KEY_ID_SIZE];
    struct key_ring *r = new_ring(id), *none = key_ring_open(NULL);
    struct sealed s = sealed_for(r, 7, "retell/a");
    size_t n;

    (void)state;
    key_ring_close(r);
    unlink(path);
    r = new_ring(id); /* another key */
    assert_null(secret_open(&op, r, &s, "", &n));
    assert_int_equal(op.err.code, E_SERVICE_UNAVAILABLE);
    op_forgive(&op);
    assert_false(opens(none, &s) || opens(NULL, &s));
    assert_false(secret_seal(&op, none, str_of(SECRET), &s));
    assert_int_equal(op.err.code, E_SERVICE_UNAVAILABLE);
    assert_null(strstr(op.err.message, SECRET));
    key_ring_close(none);
    key_ring_close(r);
}

static void a_key_that_another_process_adds_is_found(void **state)
{
    char first[RING_KEY_ID_SIZE], second[RING_KEY_ID_SIZE];
    struct key_ring *here = new_ring(first), *there = key_ring_open(path);

    (void)state;
    assert_true(key_ring_add(&op, path, second));
    const struct sealed s = sealed_for(there, 7, "retell/a");
    assert_string_equal(s.key_id, second);
    assert_true(opens(here, &s));
    key_ring_close(here);
    key_ring_close(there);
}

static void a_file_that_others_may_use_is_not_used(void **state)
{
    static const struct {
        mode_t mode;
        bool good;
    } modes[] = {{0600, true},  {0400, true},  {0604, false}, {0602, false}, {0601, false},
                 {0620, false}, {0660, false}, {0644, false}, {0777, false}};
    char id[RING_KEY_ID_SIZE];

    (void)state;
    key_ring_close(new_ring(id));
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        assert_int_equal(chmod(path, modes[i].mode), 0);
        struct key_ring *r = key_ring_open(path);
        assert_int_equal(key_ring_complaint(r) == NULL, modes[i].good);
        assert_int_equal(key_ring_has(r, id), modes[i].good);
        key_ring_close(r);
    }
}

/* Root's may have a group, as the credentials of a unit do; anybody else's may not. */
static void a_group_reads_only_what_is_roots(void **state)
{
    char id[RING_KEY_ID_SIZE];

    (void)state;
    key_ring_close(new_ring(id));
    assert_int_equal(chmod(path, 0440), 0);
    struct key_ring *r = key_ring_open(path);
    assert_int_equal(key_ring_complaint(r) == NULL, getuid() == 0);
    if (getuid() == 0 && chown(path, 1, 0) == 0)
        assert_string_equal(key_ring_complaint(r), "its group may use it");
    key_ring_close(r);
}

static void a_file_is_taken_whole_or_not_at_all(void **state)
{
#define KEY_A "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
    static const struct {
        const char *text;
        bool good;
    } files[] = {
        {"a " KEY_A "\n", true},
        {"a " KEY_A, true},
        {"# old\n\na " KEY_A "\nb " KEY_A "\n", true},
        {"", false},
        {"# none\n", false},
        {"a\n", false},
        {"a " KEY_A " more\n", false},
        {"a  " KEY_A "\n", false},
        {"a YWFh\n", false},
        {"a/b " KEY_A "\n", false},
        {" " KEY_A "\n", false},
        {"a " KEY_A "\nb nothing\n", false},
        {"abcdefghijklmnopqrstuvwxyz0123456 " KEY_A "\n", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        write_file(files[i].text, 0600);
        struct key_ring *r = key_ring_open(path);
        assert_int_equal(key_ring_complaint(r) == NULL, files[i].good);
        assert_int_equal(key_ring_has(r, "a"), files[i].good);
        key_ring_close(r);
    }
}

/* The dialler's case: the ring comes with a fork, and the file may change after it. */
static void a_child_has_the_ring_too(void **state)
{
    char id[RING_KEY_ID_SIZE];
    struct key_ring *r = new_ring(id);
    const struct sealed s = sealed_for(r, 7, "retell/a");
    int status = 1;

    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(opens(r, &s) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    key_ring_close(r);
}

/* "VmFlags" of the mapping that an address lies in. */
static void flags_of(const void *address, char flags[512])
{
    FILE *f = fopen("/proc/self/smaps", "re");
    unsigned long from = 0, to = 0, at = (unsigned long)address, a, b;
    char line[512];

    *flags = '\0';
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%lx-%lx ", &a, &b) == 2) {
            from = a;
            to = b;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && from <= at && at < to) {
            memcpy(flags, line, sizeof(line));
        }
    }
    fclose(f);
}

/* S108 */
static void an_open_secret_lies_in_memory_that_no_core_dump_has(void **state)
{
    char id[RING_KEY_ID_SIZE], flags[512];
    struct key_ring *r = new_ring(id);
    const struct sealed s = sealed_for(r, 7, "retell/a");
    size_t n;
    char *plain = secret_open(&op, r, &s, "", &n);

    (void)state;
    assert_non_null(plain);
    flags_of(plain, flags);
    assert_non_null(strstr(flags, " dd")); /* not dumped */
#ifndef SANITIZED                          /* a sanitizer makes nothing of mlock() */
    assert_non_null(strstr(flags, " lo")); /* not swapped */
#endif
    flags_of(&op, flags);
    assert_null(strstr(flags, " dd"));
    secret_wipe(plain);
    key_ring_close(r);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_sealed_opens_where_it_belongs),
        TEST(a_changed_byte_or_length_does_not_open),
        TEST(a_box_does_not_open_anywhere_else),
        TEST(the_newest_key_seals_and_all_of_them_open),
        TEST(without_its_key_it_does_not_open_and_nothing_is_sealed),
        TEST(a_key_that_another_process_adds_is_found),
        TEST(a_file_that_others_may_use_is_not_used),
        TEST(a_group_reads_only_what_is_roots),
        TEST(a_file_is_taken_whole_or_not_at_all),
        TEST(a_child_has_the_ring_too),
        TEST(an_open_secret_lies_in_memory_that_no_core_dump_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
