/* test_multipart.c - forms, whole and cut at every byte. */

#include "api/multipart.h"

#include "common/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* A form as one text: "name[filename,type]=data;" per part. */
static bool write_begin(void *ctx, const struct multipart_part *part)
{
    struct buf *out = ctx;

    buf_add(out, part->name.p, part->name.n);
    if (part->filename.p) {
        buf_char(out, '[');
        buf_add(out, part->filename.p, part->filename.n);
        buf_char(out, ',');
        buf_add(out, part->content_type.p, part->content_type.n);
        buf_char(out, ']');
    }
    buf_char(out, '=');
    return true;
}

static bool write_data(void *ctx, struct str bytes)
{
    assert_true(bytes.n > 0);
    buf_add(ctx, bytes.p, bytes.n);
    return true;
}

static bool write_end(void *ctx)
{
    buf_char(ctx, ';');
    return true;
}

/* Fed in two pieces, cut at `at`, and then by single bytes behind the cut when asked to. */
static const char *parse(struct str body, size_t at, bool singly, struct buf *out)
{
    struct multipart m;
    const struct multipart_events events = {write_begin, write_data, write_end, out};

    buf_reset(out);
    multipart_init(&m, STR("XyZ"), &events);
    bool ok = multipart_feed(&m, (struct str){body.p, at});
    size_t step = singly ? 1 : body.n - at;
    for (; ok && at < body.n; at += step)
        ok = multipart_feed(&m, (struct str){body.p + at, step});
    if (!ok || !multipart_finish(&m))
        return m.wrong;
    return buf_view(out).p;
}

#define DISPOSITION "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

static const struct {
    const char *body, *want;
} cases[] = {
    {"--XyZ\r\n" DISPOSITION "1\r\n--XyZ--\r\n", "a=1;"},
    {"--XyZ\r\n" DISPOSITION "1\r\n--XyZ--", "a=1;"},
    {"--XyZ \t\r\n" DISPOSITION "1\r\n--XyZ--\r\n\r\n", "a=1;"},
    {"--XyZ\r\n" DISPOSITION "\r\n--XyZ--\r\n", "a=;"},
    {"--XyZ\r\n" DISPOSITION "--XyZ--\r\n", "a=;"},
    {"--XyZ\r\n" DISPOSITION "--XyZ\r\n" DISPOSITION "2\r\n--XyZ--\r\n", "a=;a=2;"},
    {"--XyZ\r\n" DISPOSITION "\r\n\r\n--XyZ--\r\n", "a=\r\n;"},
    {"--XyZ\r\n" DISPOSITION "\r\n--Xy\r\r\n-\r\n--XyY\n--XyZ\r\n--XyZ--\r\n",
     "a=\r\n--Xy\r\r\n-\r\n--XyY\n--XyZ;"},
    {"--XyZ\r\n" DISPOSITION "\r\r\n--XyZ--\r\n", "a=\r;"},
    {"--XyZ\r\n" DISPOSITION "-XyZ--\r\n\r\n--XyZ--", "a=-XyZ--\r\n;"},
    {"--XyZ\r\ncontent-type:  text/csv \r\nX-Other: 1\r\n"
     "CONTENT-DISPOSITION: Form-Data; Name=f; FileName=\"a \\\"b\\\" "
     "c\\d.csv\"\r\n\r\nx,y\r\n--XyZ--",
     "f[a \"b\" c\\d.csv,text/csv]=x,y;"},
    {"--XyZ\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\n\r\n\r\n--XyZ--", "f[,]=;"},
    {"--XyZ\r\nContent-Disposition: form-data ; name=\"\xC3\xA9;=\" ; "
     "filename*=utf-8''x\r\n\r\n1\r\n--XyZ--",
     "\xC3\xA9;==1;"},
    {"--XyZ\r\nContent-Transfer-Encoding: 8BIT\r\n" DISPOSITION "1\r\n--XyZ--", "a=1;"},

    {"", "ended before its last boundary"},
    {"--XyZ", "ended before its last boundary"},
    {"--XyZ\r\n" DISPOSITION "1", "ended before its last boundary"},
    {"--XyZ\r\n" DISPOSITION "1\r\n--XyZ\r\n", "ended before its last boundary"},
    {"--XyZ\r\n" DISPOSITION "1\r\n--XyZ-", "ended before its last boundary"},
    {"\r\n--XyZ\r\n" DISPOSITION "1\r\n--XyZ--", "does not begin with its boundary"},
    {"preamble\r\n--XyZ\r\n", "does not begin with its boundary"},
    {"--xyz\r\n", "does not begin with its boundary"},
    {"--XyZZ\r\n", "has a boundary that is not a line of its own"},
    {"--XyZ\n", "has a boundary that is not a line of its own"},
    {"--XyZ\r\r\n", "has a boundary that is not a line of its own"},
    {"--XyZ\r\n" DISPOSITION "1\r\n--XyZ-x", "has a boundary that is not a line of its own"},
    {"--XyZ\r\n" DISPOSITION "1\r\n--XyZ--x", "goes on after its last boundary"},
    {"--XyZ\r\n\r\n1\r\n--XyZ--", "has a part that is not form-data"},
    {"--XyZ\r\nContent-Type: text/csv\r\n\r\n1\r\n--XyZ--", "has a part that is not form-data"},
    {"--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\n",
     "has a part that is not form-data"},
    {"--XyZ\r\nContent-Disposition: form-data; name=a\r\n" DISPOSITION,
     "has a part that is not form-data"},
    {"--XyZ\r\nContent-Disposition: form-data\r\n\r\n", "has a part without a valid name"},
    {"--XyZ\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n",
     "has a part without a valid name"},
    {"--XyZ\r\nContent-Disposition: form-data; name=\"\xFF\"\r\n\r\n",
     "has a part without a valid name"},
    {"--XyZ\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n",
     "has a Content-Disposition with a parameter twice"},
    {"--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\n",
     "has a malformed Content-Disposition"},
    {"--XyZ\r\nContent-Disposition: form-data; name\r\n\r\n",
     "has a malformed Content-Disposition"},
    {"--XyZ\r\nContent-Disposition: form-data, name=a\r\n\r\n",
     "has a malformed Content-Disposition"},
    {"--XyZ\r\nContent-Disposition : form-data; name=a\r\n\r\n",
     "has a part with a malformed header"},
    {"--XyZ\r\nX: 1\r\n Content-Disposition: form-data; name=a\r\n\r\n",
     "has a part with a malformed header"},
    {"--XyZ\r\nnothing\r\n\r\n", "has a part with a malformed header"},
    {"--XyZ\r\nX: a\x01"
     "b\r\n" DISPOSITION,
     "has a part with a malformed header"},
    {"--XyZ\r\nX: a\nb\r\n" DISPOSITION, "has a part with a malformed header"},
    {"--XyZ\r\nContent-Transfer-Encoding: base64\r\n" DISPOSITION,
     "has a part with a transfer encoding"},
    {"--XyZ\r\nContent-Type: a\r\nContent-Type: a\r\n" DISPOSITION,
     "has a part with two Content-Types"},
};

static void a_form_is_the_same_however_it_is_cut(void **state)
{
    struct buf out = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str body = str_of(cases[i].body);
        for (size_t at = 0; at <= body.n; at++)
            for (int singly = 0; singly < 2; singly++) {
                const char *got = parse(body, at, singly, &out);
                if (!got || strcmp(got, cases[i].want) != 0)
                    fail_msg("case %zu cut at %zu: %s, not %s", i, at, got ? got : "(stopped)",
                             cases[i].want);
            }
    }
    buf_free(&out);
}

static void nul_bytes_are_data_but_not_names(void **state)
{
    static const char data[] = "--XyZ\r\n" DISPOSITION "a\0\r\n\0b\r\n--XyZ--";
    static const char name[] = "--XyZ\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n";
    struct buf out = {0};
    (void)state;

    assert_non_null(parse((struct str){data, sizeof(data) - 1}, 3, false, &out));
    assert_int_equal(out.n, 9);
    assert_memory_equal(out.p, "a=a\0\r\n\0b;", 9);
    assert_string_equal(parse((struct str){name, sizeof(name) - 1}, 3, false, &out),
                        "has a part with a malformed header");
    buf_free(&out);
}

static void a_flood_of_parts_or_headers_is_refused(void **state)
{
    struct buf body = {0}, out = {0};
    (void)state;

    for (int i = 0; i < MULTIPART_MAX_PARTS; i++)
        buf_str(&body, "--XyZ\r\n" DISPOSITION "1\r\n");
    buf_str(&body, "--XyZ--");
    assert_string_not_equal(parse(buf_view(&body), 0, false, &out), "has too many parts");
    body.n -= 2;
    buf_str(&body, "\r\n" DISPOSITION "1\r\n--XyZ--");
    assert_string_equal(parse(buf_view(&body), 0, false, &out), "has too many parts");

    buf_reset(&body);
    buf_str(&body, "--XyZ\r\n");
    for (int i = 0; i < MULTIPART_MAX_HEAD; i++)
        buf_str(&body, "X");
    buf_str(&body, ": 1\r\n" DISPOSITION);
    assert_string_equal(parse(buf_view(&body), 0, false, &out),
                        "has a part with headers too large");
    buf_free(&body);
    buf_free(&out);
}

static const struct {
    const char *type, *boundary; /* NULL: refused */
} types[] = {
    {"multipart/form-data; boundary=XyZ", "XyZ"},
    {"Multipart/Form-Data;boundary=\"a b:c\"", "a b:c"},
    {"multipart/form-data; charset=utf-8; Boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
     "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
    {"multipart/form-data; "
     "boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
     "1234567890123456789012345678901234567890123456789012345678901234567890"},
    {"multipart/form-data; "
     "boundary=12345678901234567890123456789012345678901234567890123456789012345678901",
     NULL},
    {"multipart/form-data", NULL},
    {"multipart/form-data;", NULL},
    {"multipart/form-data; boundary=", NULL},
    {"multipart/form-data; boundary=\"\"", NULL},
    {"multipart/form-data; boundary=\"a \"", NULL},
    {"multipart/form-data; boundary=\"a", NULL},
    {"multipart/form-data; boundary=\"a\\\"b\"", NULL},
    {"multipart/form-data; boundary=a; boundary=a", NULL},
    {"multipart/form-datax; boundary=a", NULL},
    {"multipart/mixed; boundary=a", NULL},
    {"text/csv", NULL},
    {"", NULL},
};

static void the_boundary_is_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        char got[MULTIPART_MAX_BOUNDARY + 1] = "";
        bool ok = multipart_boundary(types[i].type, got);
        if (ok != (types[i].boundary != NULL) || (ok && strcmp(got, types[i].boundary) != 0))
            fail_msg("%s: %s", types[i].type, ok ? got : "refused");
    }
}

static bool refuse_data(void *ctx, struct str bytes)
{
    (void)ctx, (void)bytes;
    return false;
}

static void an_event_may_stop_the_parser(void **state)
{
    struct multipart m;
    struct buf out = {0};
    const struct multipart_events events = {write_begin, refuse_data, write_end, &out};
    (void)state;

    multipart_init(&m, STR("XyZ"), &events);
    assert_false(multipart_feed(&m, STR("--XyZ\r\n" DISPOSITION "1\r\n--XyZ--")));
    assert_null(m.wrong);
    assert_false(multipart_feed(&m, STR("x")));
    assert_false(multipart_finish(&m));
    assert_string_equal(out.p, "a=");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_the_same_however_it_is_cut),
        cmocka_unit_test(nul_bytes_are_data_but_not_names),
        cmocka_unit_test(a_flood_of_parts_or_headers_is_refused),
        cmocka_unit_test(the_boundary_is_read_strictly),
        cmocka_unit_test(an_event_may_stop_the_parser),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
