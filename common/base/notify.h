/*
 * notify.h - telling who started us how far we are, as systemd's Type=notify asks for it.
 *
 * A datagram to the socket, a path or a name behind "@" (sd_notify(3)); NULL: nothing.  Never fails
 * and never waits: a supervisor that does not listen is no reason not to serve.
 */
#ifndef AGORALIA_NOTIFY_H
#define AGORALIA_NOTIFY_H

void notify_ready(const char *where);
void notify_stopping(const char *where);

#endif
