/* test_spool.c - lines that outlive their process, whole or not at all. */

#include "common/call/spool.h"

#include "tests/support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32];
static char heard[8192]; /* the lines that were dealt with, each with a comma */
static int failing;      /* that many more lines cannot be dealt with */

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/ags.XXXXXX");
    heard[0] = '\0';
    failing = 0;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char command[64];
    (void)state;

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static const char *file(int number)
{
    static char path[64];

    snprintf(path, sizeof(path), "%s/answers.%d", dir, number);
    return path;
}

static void keep(struct spool *s, const char *line)
{
    assert_true(spool_keep(s, str_of(line)));
}

static bool hear(struct op *op, struct str line)
{
    size_t n = strlen(heard);

    if (failing > 0) {
        failing--;
        return fail_because(op, E_SERVICE_UNAVAILABLE, "a test", "Not now");
    }
    snprintf(heard + n, sizeof(heard) - n, "%.*s,", (int)line.n, line.p);
    return true;
}

static const char *drained(struct spool *s)
{
    struct op op = {0};

    heard[0] = '\0';
    assert_ok(&op, spool_drain(&op, s, hear));
    op_end(&op);
    return heard;
}

static off_t size_of(int number)
{
    struct stat st;

    return stat(file(number), &st) == 0 ? st.st_size : -1;
}

static void write_at_end(int number, const char *text)
{
    int fd = open(file(number), O_WRONLY | O_APPEND);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void lines_come_out_in_order_and_once_without_a_folder_too(void **state)
{
    (void)state;

    for (int with = 0; with < 2; with++) {
        struct spool *s = spool_open(with ? dir : NULL);
        keep(s, "a");
        keep(s, "b");
        assert_string_equal(drained(s), "a,b,");
        assert_string_equal(drained(s), "");
        spool_close(s);
    }
    assert_int_equal(size_of(0), 0);
}

static void what_could_not_be_dealt_with_stays_in_its_place(void **state)
{
    struct spool *s = spool_open(dir);
    struct op op = {0};
    (void)state;

    keep(s, "a");
    keep(s, "b");
    failing = 1;
    assert_fails(&op, E_SERVICE_UNAVAILABLE, spool_drain(&op, s, hear));
    op_end(&op);
    assert_string_equal(drained(s), "a,b,");
    spool_close(s);
}

static void lines_outlive_their_process_and_only_its_user_reads_them(void **state)
{
    struct stat st;
    (void)state;

    struct spool *s = spool_open(dir);
    keep(s, "a");
    assert_int_equal(stat(file(0), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    spool_close(s);
    s = spool_open(dir);
    keep(s, "b");
    assert_string_equal(drained(s), "a,b,");
    spool_close(s);
    s = spool_open(dir);
    assert_string_equal(drained(s), "");
    spool_close(s);
}

static void a_damaged_line_is_skipped_and_hurts_no_other(void **state)
{
    static const char *const damages[] = {"half a line", "0123456789abcdef a lie\n", "\n",
                                          "x\ny\nz"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
        struct spool *s = spool_open(dir);
        keep(s, "a");
        spool_close(s);
        write_at_end(0, damages[i]);
        s = spool_open(dir);
        keep(s, "b");
        spool_close(s);
        s = spool_open(dir);
        assert_string_equal(drained(s), "a,b,");
        spool_close(s);
    }
}

static void a_changed_line_is_not_believed(void **state)
{
    struct spool *s = spool_open(dir);
    (void)state;

    keep(s, "the first");
    keep(s, "the second");
    spool_close(s);
    int fd = open(file(0), O_WRONLY);
    assert_int_equal(pwrite(fd, "X", 1, 20), 1);
    close(fd);
    s = spool_open(dir);
    assert_string_equal(drained(s), "the second,");
    spool_close(s);
}

static void two_processes_have_two_files_and_the_living_takes_over_from_the_dead(void **state)
{
    struct spool *one = spool_open(dir), *two = spool_open(dir);
    (void)state;

    keep(one, "a");
    keep(two, "b");
    spool_adopt(two);
    assert_string_equal(drained(two), "b,");
    spool_close(one);
    spool_adopt(two);
    assert_int_equal(size_of(0), 0);
    assert_true(size_of(1) > 0);
    assert_string_equal(drained(two), "a,");
    spool_close(two);
}

static void there_is_a_most_of_lines_and_of_their_length(void **state)
{
    static char line[SPOOL_MAX_LINE + 1];
    struct spool *s = spool_open(NULL);
    (void)state;

    memset(line, 'x', sizeof(line));
    assert_false(spool_keep(s, (struct str){line, sizeof(line)}));
    assert_false(spool_keep(s, STR("two\nlines")));
    assert_false(spool_keep(s, STR("")));
    for (int i = 0; i < SPOOL_MAX_LINES; i++)
        keep(s, "x");
    assert_false(spool_keep(s, STR("x")));
    spool_close(s);
}

static void a_folder_that_cannot_be_written_leaves_memory(void **state)
{
    struct spool *s = spool_open("/nonexistent/folder");
    (void)state;

    keep(s, "a");
    assert_string_equal(drained(s), "a,");
    spool_close(s);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_come_out_in_order_and_once_without_a_folder_too),
        CASE(what_could_not_be_dealt_with_stays_in_its_place),
        CASE(lines_outlive_their_process_and_only_its_user_reads_them),
        CASE(a_damaged_line_is_skipped_and_hurts_no_other),
        CASE(a_changed_line_is_not_believed),
        CASE(two_processes_have_two_files_and_the_living_takes_over_from_the_dead),
        CASE(there_is_a_most_of_lines_and_of_their_length),
        CASE(a_folder_that_cannot_be_written_leaves_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
