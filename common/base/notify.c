/* notify.c - one word, one datagram. */

#include "common/base/notify.h"

#include "common/base/compiler.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(const char *path, const char *word)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;

    if (n < 2 || n >= sizeof(to.sun_path) || !strchr("/@", path[0]))
        return;
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* a name without a file */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    ssize_t sent = sendto(fd, word, strlen(word), MSG_NOSIGNAL, (struct sockaddr *)&to, size);
    (void)sent;
    close(fd);
}

void notify_ready(const char *where)
{
    tell(where, "READY=1");
}

void notify_stopping(const char *where)
{
    tell(where, "STOPPING=1");
}
