/* test_sim_wire.c - the simulator's framing, JSON and signatures: bytes in, bytes out. */

#include "tests/retell_sim/http.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/paging.h"
#include "tests/retell_sim/sign.h"
#include "tests/support/check.h"

static void a_head_is_read_only_when_it_is_whole(void **state)
{
    struct str whole = STR("POST /a?b=1 HTTP/1.1\r\nContent-Length: 3\r\n"
                           "Authorization:  Bearer k \r\n\r\nxyz");
    struct sim_head head;

    (void)state;
    for (size_t n = 0; n < whole.n - 3; n++)
        assert_int_equal(sim_head_parse((struct str){whole.p, n}, false, &head), SIM_PARSE_MORE);
    assert_int_equal(sim_head_parse(whole, false, &head), SIM_PARSE_OK);
    assert_int_equal(head.size, whole.n - 3);
    assert_int_equal(head.length, 3);
    assert_true(str_eq(head.target, STR("/a?b=1")));
    assert_true(str_eq(head.authorization, STR("Bearer k")));
    assert_true(head.keep_alive);
}

static void heads_that_smuggle_or_stumble_are_refused(void **state)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\n\n",
        "GET /\r\n\r\n",
        "GET x HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\n folded\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    };
    struct sim_head head;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(sim_head_parse(str_of(bad[i]), false, &head), SIM_PARSE_BAD);
}

static void an_answer_is_read_by_its_status_line(void **state)
{
    struct sim_head head;

    (void)state;
    assert_int_equal(sim_head_parse(STR("HTTP/1.1 204 No Content\r\n\r\n"), true, &head),
                     SIM_PARSE_OK);
    assert_int_equal(head.status, 204);
    assert_int_equal(
        sim_head_parse(STR("HTTP/1.0 500 X\r\nConnection: close\r\n\r\n"), true, &head),
        SIM_PARSE_OK);
    assert_false(head.keep_alive);
    assert_int_equal(sim_head_parse(STR("HTTP/1.1 2xx\r\n\r\n"), true, &head), SIM_PARSE_BAD);
}

static void chunks_come_together_once_the_last_has_come(void **state)
{
    const char *text = "4\r\nWiki\r\nA;x=y\r\npedia in x\r\n0\r\nTrailer: t\r\n\r\nNEXT";
    char bytes[128];
    size_t body, used, whole = strlen(text) - 4;

    (void)state;
    for (size_t n = 0; n < whole; n++) {
        memcpy(bytes, text, n);
        assert_int_not_equal(sim_chunked_read(bytes, n, &body, &used), SIM_PARSE_OK);
    }
    memcpy(bytes, text, strlen(text));
    assert_int_equal(sim_chunked_read(bytes, strlen(text), &body, &used), SIM_PARSE_OK);
    assert_int_equal(body, 14);
    assert_memory_equal(bytes, "Wikipedia in x", 14);
    assert_int_equal(used, whole);
}

static void a_plus_in_a_path_stays_a_plus(void **state)
{
    char out[32];

    (void)state;
    assert_true(sim_percent_decode(STR("+1415%2B%31"), out, sizeof(out)));
    assert_string_equal(out, "+1415+1");
    assert_false(sim_percent_decode(STR("%0"), out, sizeof(out)));
    assert_false(sim_percent_decode(STR("%00"), out, sizeof(out)));
    assert_false(sim_percent_decode(STR("123456789"), out, 9));
    assert_true(sim_query_get(STR("limit=5&pagination_key=pk%5F"), "pagination_key", out, 32));
    assert_string_equal(out, "pk_");
    assert_false(sim_query_get(STR("xlimit=5"), "limit", out, 32));
}

static void members_are_found_where_they_lie(void **state)
{
    struct str doc =
        STR(" { \"a\" : [1, {\"b\":\"]}\"}] , \"k\\u0065y\" : \"\\u00e8 \\ud83d\\ude00\\n\" } ");
    struct buf out = {0};

    (void)state;
    assert_true(sim_json_check(doc));
    assert_int_equal(sim_json_count(sim_json_get(doc, "a")), 2);
    sim_json_text(&out, sim_json_get(doc, "key"));
    assert_string_equal(out.p, "è 😀\n");
    assert_int_equal(sim_json_type(sim_json_get(doc, "b")), SJ_ABSENT);
    buf_reset(&out);
    sim_json_compact(&out, doc);
    assert_string_equal(out.p,
                        "{\"a\":[1,{\"b\":\"]}\"}],\"k\\u0065y\":\"\\u00e8 \\ud83d\\ude00\\n\"}");
    buf_free(&out);
}

static void commas_and_decimals_are_put_where_they_belong(void **state)
{
    struct buf b = {0};

    (void)state;
    sim_open(&b, NULL, '{');
    sim_put_number(&b, "a", 4.39666);
    sim_put_number(&b, "b", -0.25);
    sim_put_number(&b, "c", 75);
    sim_put_if_text(&b, "absent", "");
    sim_open(&b, "list", '[');
    sim_put_i64(&b, NULL, -1);
    sim_put_bool(&b, NULL, true);
    sim_close(&b, ']');
    sim_close(&b, '}');
    assert_string_equal(b.p, "{\"a\":4.3967,\"b\":-0.25,\"c\":75,\"list\":[-1,true]}");
    buf_free(&b);
}

static void the_signature_is_the_vendors(void **state)
{
    struct str body = STR("{\"event\":\"call_ended\",\"call\":{\"call_id\":\"call_x\","
                          "\"note\":\"è 😀\"}}");
    char signature[SIM_SIGNATURE_SIZE];
    struct sim_signer signer;

    (void)state;
    sim_signer_open(&signer);
    sim_signer_sign(&signer, "key_test_0123456789abcdef", body, 1714608491736, signature);
    assert_string_equal(signature,
                        "v=1714608491736,"
                        "d=a9bfbb5e14a25856de95f74c3a41bba6a7db7e7ebba6f0b50e418da6f5711404");
    sim_signer_close(&signer);
}

static void a_cursor_is_ours_or_refused(void **state)
{
    static const uint32_t ordinals[] = {0, 1, 49, 1000000, UINT32_MAX};
    char text[24];
    uint32_t back;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ordinals); i++) {
        sim_cursor_text(ordinals[i], text);
        assert_true(sim_cursor_read(text, &back));
        assert_int_equal(back, ordinals[i]);
        text[12] = text[12] == '0' ? '1' : '0';
        assert_false(sim_cursor_read(text, &back));
    }
    assert_false(sim_cursor_read("", &back));
    assert_false(sim_cursor_read("pk_0000000000", &back));
    assert_false(sim_cursor_read("50", &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_read_only_when_it_is_whole),
        cmocka_unit_test(heads_that_smuggle_or_stumble_are_refused),
        cmocka_unit_test(an_answer_is_read_by_its_status_line),
        cmocka_unit_test(chunks_come_together_once_the_last_has_come),
        cmocka_unit_test(a_plus_in_a_path_stays_a_plus),
        cmocka_unit_test(members_are_found_where_they_lie),
        cmocka_unit_test(commas_and_decimals_are_put_where_they_belong),
        cmocka_unit_test(the_signature_is_the_vendors),
        cmocka_unit_test(a_cursor_is_ours_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
