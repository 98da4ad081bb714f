/* check.h - cmocka with its prerequisites, and an assertion that says why an operation failed. */
#ifndef AGORALIA_TEST_CHECK_H
#define AGORALIA_TEST_CHECK_H

#include "common/base/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_ok(op, expr) \
    do { \
        if (!(expr)) \
            fail_msg("%s: %s: %s (%s)", #expr, err_name((op)->err.code), \
                     (op)->err.message ? (op)->err.message : "", \
                     (op)->err.cause ? (op)->err.cause : ""); \
    } while (0)

#define assert_fails(op, code_, expr) \
    do { \
        assert_false(expr); \
        assert_string_equal(err_name((op)->err.code), err_name(code_)); \
    } while (0)

#endif
