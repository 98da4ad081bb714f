/*
 * scene.h - a tenant that may call: a number, an agent, an open country.
 *
 * Italy never sleeps here, Germany is asleep whenever it is asked, so that no
 * test depends on the hour it runs at.  Everything else is the product's own.
 */
#ifndef AGORALIA_TEST_SCENE_H
#define AGORALIA_TEST_SCENE_H

#include "common/call/claim.h"
#include "common/call/dial.h"
#include "common/campaign/execution.h"
#include "tests/support/check.h"
#include "tests/support/fake_provider.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>

#define ITALIAN "+393491234567" /* may be called at any hour */
#define GERMAN "+4915123456789" /* may not be called for the next two hours */

struct scene {
    struct testdb *db;
    struct fake_provider *provider;
    int64_t tenant;
};

/* cmocka set-up and tear-down: *state is a struct scene. */
int scene_setup(void **state);
int scene_teardown(void **state);
#define SCENE(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

/* Is this condition true?  As SQL; for what a test expects of rows. */
bool scene_says(struct scene *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define assert_says(s, ...) \
    do { \
        char text_[1024]; \
        snprintf(text_, sizeof(text_), __VA_ARGS__); \
        if (!scene_says(s, "%s", text_)) \
            fail_msg("not so: %s", text_); \
    } while (0)

/* Another tenant, with a number of its own. */
int64_t scene_stranger(struct scene *s);

/* A draft that could start, without spacing and caps. */
struct campaign scene_draft(void);
int64_t scene_campaign(struct scene *s, int64_t tenant, struct campaign c);

/* A lead who said yes; campaign 0 = unassigned. */
int64_t scene_lead(struct scene *s, int64_t tenant, int64_t campaign, const char *phone);

/* The nth Italian mobile number. */
const char *scene_phone(char phone[16], int n);

/* Start the campaign and turn its leads into rows. */
void scene_start(struct scene *s, int64_t tenant, int64_t campaign);

/* A started campaign with n leads, whose rows are due now; then the row of its first lead. */
int64_t scene_running(struct scene *s, int64_t tenant, struct campaign c, int n);
int64_t scene_first_row(struct scene *s, int64_t campaign);

/* A started campaign's only row, for this number. */
int64_t scene_row(struct scene *s, const char *phone);

/* What the dispatcher does with a due row. */
void scene_give_start(int64_t row);

/* Give it a start, claim it and say what became of it; the claim's texts live in op. */
enum claim_fate scene_claim(struct op *op, int64_t row, struct claim *c);

/* Claim and dial: the provider's script decides. */
void scene_dial(struct scene *s, int64_t tenant, int64_t row);

#endif
