// SPDX-License-Identifier: Apache-2.0
#include "gateway/config_text.hpp"

namespace tmplbuild::gateway {

const char* const head_text =
    R"(# The gateway of this pod: nginx, in front of the console and of every service that is not public.
#
# It asks the console about each request over a Unix socket, and hands it to the service when the console says yes. When
# the console does not answer, nothing passes. Made by tmplbuild from the template; tmplbuild's
# docs/decisions/0025-the-gateway-is-nginx.md says why it is as it is.
#
# Paths that do not begin with '/' are in the gateway's own folder, /run/tmplbuild/gateway.

daemon off;
pid nginx.pid;
worker_processes 1;
# Signing out everywhere has a new process take over: the old one's connections end by then, WebSockets too.
worker_shutdown_timeout 3s;
error_log stderr alert;

events {
    # A client and its service, or the console, are two of them. Who sends nothing whole keeps one for a few seconds.
    worker_connections 5120;
}

http {
    # No log has a line about a request: addresses may hold tokens. The console shows what services do.
    access_log off;
    error_log stderr emerg;
    server_tokens off;

    # A slow client keeps a connection, and no more than that; headers have a bound, bodies have none.
    client_header_timeout 15s;
    client_body_timeout 60s;
    send_timeout 60s;
    keepalive_timeout 65s;
    reset_timedout_connection on;
    client_header_buffer_size 4k;
    large_client_header_buffers 4 8k;
    client_max_body_size 0;

    # Far more than a person needs, also where a proxy stands before all clients; a single one cannot take everything.
    limit_conn_zone $binary_remote_addr zone=addresses:1m;
    limit_conn addresses 2048;
    limit_conn_status 429;
    limit_conn_log_level info;

    # Bodies go through as they come, both ways, and never into a file.
    client_body_buffer_size 64k;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_buffer_size 64k;
    proxy_buffers 4 64k;
    proxy_busy_buffers_size 64k;
    proxy_max_temp_file_size 0;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;

    # A request is sent once. What a service answers is passed on as it is, its errors too; no header of its answer tells
    # nginx what to do. Idle connections (WebSockets) may last for a day.
    proxy_http_version 1.1;
    proxy_next_upstream off;
    proxy_intercept_errors off;
    proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires Cache-Control Set-Cookie Vary;
    proxy_redirect off;
    proxy_connect_timeout 5s;
    proxy_send_timeout 1d;
    proxy_read_timeout 1d;
    proxy_headers_hash_max_size 2048;
    proxy_headers_hash_bucket_size 128;
    map_hash_bucket_size 128;
    merge_slashes off;
    absolute_redirect off;
    recursive_error_pages on;

    upstream tmplbuild_console {
        server unix:../console.sock max_fails=0;
        keepalive 16;
        keepalive_timeout 20s;
    }
)";

const char* const owners_text = R"(
    # The public ports: whose each is, and where that service listens.
    map $server_port $service {
        default "";
@services@
    }
)";

const char* const tables_text = R"(    map $server_port $backend {
        default "";
@backends@
    }

    # What the service sees as Host, Origin and Sec-Fetch-Site. Those with origin = "rewrite" see their own address, since
    # they refuse any other; the console has judged the browser's own before.
    map $server_port $service_host {
        default $http_host;
@hosts@
    }
    map "$server_port $http_origin" $service_origin {
        default $http_origin;
@origins@
    }
    map $server_port $service_fetch_site {
        default $http_sec_fetch_site;
@fetch_sites@
    }

    # The port that the browser asked: the one in Host, else the scheme's own.
    map $forwarded_proto $scheme_port {
        default 80;
        https 443;
    }
    map $http_host $forwarded_port {
        default $scheme_port;
        "~:(?<host_port>[0-9]+)$" $host_port;
    }

    # A connection may become a WebSocket and nothing else.
    map $http_upgrade $service_upgrade {
        default "";
        websocket websocket;
    }
    map $http_upgrade $service_connection {
        default close;
        websocket upgrade;
    }
)";

const char* const to_console_text = R"(            proxy_pass http://tmplbuild_console;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header Cookie $http_cookie;
            proxy_set_header X-Tmplbuild-Phase @phase@;
            proxy_set_header X-Tmplbuild-Port $server_port;
            proxy_set_header X-Tmplbuild-Service $service;
            proxy_set_header X-Tmplbuild-Method @method@;
            proxy_set_header X-Tmplbuild-Target $request_uri;
            proxy_set_header X-Tmplbuild-Peer $remote_addr;
            proxy_set_header X-Tmplbuild-Upgrade $http_upgrade;
            # nginx takes an answer whole before its client does, so that slow clients keep none of the console's
            # connections. Streams of events say that they must not wait.
            proxy_buffering on;
            proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Charset Expires Cache-Control Set-Cookie Vary;
)";

// A question changes nothing and has no body, so it may be asked again where the console closed a connection that it
// kept open.
const char* const question_text = R"(            proxy_method GET;
            proxy_read_timeout 10s;
            proxy_pass_request_body off;
            proxy_next_upstream error;
            proxy_set_header Content-Length "";
            proxy_set_header Transfer-Encoding "";
)";

// Nobody has signed in yet who sends these bodies: they are short, come soon, say how long they are, and stay in
// memory.
const char* const body_text = R"(            client_max_body_size 16k;
            client_body_buffer_size 16k;
            client_body_timeout 10s;
            proxy_request_buffering on;
            if ($http_transfer_encoding != "") {
                return 411;
            }
)";

const char* const closed_text = R"(        # The last thing that a person sees when the console is down.
        location @closed {
            default_type text/plain;
            add_header Cache-Control no-store always;
            add_header Retry-After 3 always;
            add_header Refresh 3 always;
            return 503 "The console of this pod does not answer, so nothing is let through. It may still be starting, or it is being started again. This page asks again by itself.\n";
        }
)";

const char* const console_text = R"(
    # The console's own port.
    server {
@listen@
        if ($http_host = "") {
            return 400;
        }

        location / {
@body@
            error_page 502 504 = @closed;
@page@
        }

        # What may be long goes through as it comes, into no file: the console decides by the request's head, and reads
        # nothing of those who may not pass.
        location ~ @long@ {
            error_page 502 504 = @closed;
@page@
        }

@closed@
    }
)";

const char* const services_text = R"(
    # The services' ports.
    server {
@listen@
        if ($http_host = "") {
            return 400;
        }

        location / {
            set $asked_method $request_method;
            auth_request /_tmplbuild/gateway/authorize;
            auth_request_set $service_cookie $upstream_http_x_tmplbuild_cookie;
            auth_request_set $service_authorization $upstream_http_x_tmplbuild_authorization;
            auth_request_set $forwarded_proto $upstream_http_x_tmplbuild_proto;
            error_page 401 403 = /_tmplbuild/gateway/refuse;
            error_page 500 503 = @closed;
            error_page 502 504 = @starting;

            proxy_pass http://$backend;
            proxy_redirect http://$backend/ /;
            proxy_hide_header X-Tmplbuild-Starting;
            # A cache before the pod (RunPod's proxy may keep files of some kinds) would give them to people who did not
            # sign in. Browsers do not look at this header, and keep what the service lets them keep.
            proxy_hide_header CDN-Cache-Control;
            proxy_hide_header Cloudflare-CDN-Cache-Control;
            add_header CDN-Cache-Control no-store always;
            proxy_set_header Host $service_host;
            proxy_set_header Origin $service_origin;
            proxy_set_header Sec-Fetch-Site $service_fetch_site;
            proxy_set_header Cookie $service_cookie;
            proxy_set_header Authorization $service_authorization;
            proxy_set_header Upgrade $service_upgrade;
            proxy_set_header Connection $service_connection;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Port $forwarded_port;
            proxy_set_header X-Forwarded-Proto $forwarded_proto;
            proxy_set_header X-Real-IP $remote_addr;
            # By these a client could claim to be another.
@dropped@
        }

        # Whether the request may pass: 204, or 401 or 403. Anything else is a console that does not work.
        location = /_tmplbuild/gateway/authorize {
            internal;
            proxy_intercept_errors on;
            error_page 400 431 = @unreadable;
@authorize@
        }
        # What the console cannot read passes nowhere; the client hears why when the console refuses it.
        location @unreadable {
            return 403;
        }

        # The console tells the client why not. It gets no body: a body is not read, whatever its size, so that nobody
        # fills a disk who may not pass.
        location = /_tmplbuild/gateway/refuse {
            internal;
            client_max_body_size 1;
            error_page 413 418 = @refuse;
            return 418;
        }
        location @refuse {
            client_max_body_size 1;
            error_page 413 = @refuse;
            error_page 502 504 = @closed;
@refuse@
        }

        # The service does not listen, or went away before it answered.
        location @starting {
            error_page 502 504 = @closed;
@starting@
        }

        # The console's part of a service's port: the sign-in's return, and what the starting page shows.
        location ^~ /_tmplbuild/ {
@body@
            error_page 502 504 = @closed;
@page@
        }

@closed@
    }
)";

std::string replace_words(std::string_view text, const std::vector<std::pair<std::string, std::string>>& words) {
    std::string out(text);
    for (const auto& [word, value] : words) {
        const std::string line = "@" + word + "@\n", within = "@" + word + "@";
        for (std::size_t at = 0; (at = out.find(within, at)) != std::string::npos; at += value.size()) {
            const bool alone = (at == 0 || out[at - 1] == '\n') && out.compare(at, line.size(), line) == 0;
            out.replace(at, alone ? line.size() : within.size(), value);
        }
    }
    return out;
}

}  // namespace tmplbuild::gateway
