/* test_words.c - what is one word, however it is written. */

#include "common/base/words.h"

#include "tests/support/check.h"

static void assert_folds(const char *text, const char *expected)
{
    struct arena arena = {0};

    assert_string_equal(words_fold(&arena, str_of(text)), expected);
    arena_end(&arena);
}

static void case_accents_and_punctuation_do_not_count(void **state)
{
    (void)state;
    assert_folds("Non chiamatemi PIÙ!", " non chiamatemi piu ");
    assert_folds("piu\xCC\x80", " piu "); /* the accent as a character of its own */
    assert_folds("don\xE2\x80\x99t  don't", " don t don t ");
    assert_folds("STRASSE straße", " strasse strasse ");
}

static void scripts_without_spaces_are_words_by_character(void **state)
{
    (void)state;
    assert_folds("別打来", " 別 打 来 ");
}

static void what_has_no_words_is_empty(void **state)
{
    (void)state;
    assert_folds("", "");
    assert_folds(" ?! ", "");
    assert_folds("\xff", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_accents_and_punctuation_do_not_count),
        cmocka_unit_test(scripts_without_spaces_are_words_by_character),
        cmocka_unit_test(what_has_no_words_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
