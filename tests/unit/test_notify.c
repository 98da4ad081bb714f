/* test_notify.c - the supervisor hears that we are ready, and that we stop. */

#include "common/base/notify.h"
#include "tests/support/check.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    return fd;
}

static void assert_heard(int fd, const char *word)
{
    char text[64];
    ssize_t n = recv(fd, text, sizeof(text), 0);

    assert_int_equal(n, strlen(word));
    assert_memory_equal(text, word, strlen(word));
}

static void both_kinds_of_socket_hear_both_words(void **state)
{
    char names[2][64];
    (void)state;

    snprintf(names[0], sizeof(names[0]), "/tmp/aga_notify.%d", (int)getpid());
    snprintf(names[1], sizeof(names[1]), "@aga_notify.%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        int fd = listen_at(names[i]);
        notify_ready(names[i]);
        assert_heard(fd, "READY=1");
        notify_stopping(names[i]);
        assert_heard(fd, "STOPPING=1");
        close(fd);
    }
    remove(names[0]);
}

static void without_a_supervisor_nothing_happens(void **state)
{
    (void)state;
    notify_ready("/nowhere/at/all");
    notify_ready("relative");
    notify_ready("");
    notify_ready(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds_of_socket_hear_both_words),
        cmocka_unit_test(without_a_supervisor_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
