# SPDX-License-Identifier: Apache-2.0
# timeout: 120
# A docker-registry behind nginx with TLS: where nginx offers HTTP/2, a push and a pull speak it, and where it does not they
# speak HTTP/1.1, as nginx's own log says. The certificate is of an authority that only the environment names.
set -eu
for tool in openssl skopeo; do command -v $tool >/dev/null || { echo "skipped: $tool is not here"; exit 77; }; done
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
. "${TMPLBUILD_SOURCE:?}/tests/e2e/registry_lib.sh"
tmplbuild=${TMPLBUILD_BIN:?}/tmplbuild
unset DOCKER_CONFIG DOCKER_AUTH_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME CONTAINERS_REGISTRIES_CONF CURL_CA_BUNDLE SSL_CERT_DIR SSL_CERT_FILE
export HOME="$work/home" XDG_RUNTIME_DIR="$work/home" TMPLBUILD_CACHE="$work/store"
mkdir -p "$work/home" "$work/temp"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests-authority -keyout "$work/authority.key" -out "$work/authority.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout "$work/key" -out "$work/request" 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >"$work/names"
openssl x509 -req -days 2 -in "$work/request" -CA "$work/authority.pem" -CAkey "$work/authority.key" -CAcreateserial -extfile "$work/names" -out "$work/crt" 2>/dev/null

behind=$(free_port)
start_registry "$work/registry" "$behind"
two=$(free_port) one=$(free_port)
server() {  # server PORT LOG [http2]
    cat <<CONF
    server {
        listen 127.0.0.1:$1 ssl ${3:-};
        access_log $work/$2 what;
        ssl_certificate $work/crt;
        ssl_certificate_key $work/key;
        client_max_body_size 0;
        location / {
            proxy_pass http://127.0.0.1:$behind;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-Proto https;
        }
    }
CONF
}
paths=$(for part in client_body proxy fastcgi uwsgi scgi; do echo "    ${part}_temp_path $work/temp/$part;"; done)
cat >"$work/nginx.conf" <<CONF
daemon off;
master_process off;
pid $work/nginx.pid;
error_log $work/nginx.errors;
events {}
http {
    log_format what '\$server_protocol \$scheme \$request_method \$status \$uri';
$paths
$(server "$two" two http2)
$(server "$one" one)
}
CONF
gateway=$TMPLBUILD_BIN/../libexec/gateway  # the nginx that goes into images
"$gateway/ld-linux-x86-64.so.2" --library-path "$gateway" "$gateway/nginx" -p "$work" -e stderr -c "$work/nginx.conf" 2>>"$work/nginx.errors" &
registry_pids="$registry_pids $!"
wait_for_port "$two"
wait_for_port "$one"

mib=$((1 << 20))
python3 "$TMPLBUILD_SOURCE/tests/fakes/random_layout.py" "$work/image" 3 $((40 * mib)) $((5 * mib)) 1000 >/dev/null
digest=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$work/image/index.json")

# Nobody knows the authority: nothing is sent.
! "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$two/me/a:1" --progress plain >"$work/out" 2>&1 || fail "an unknown certificate was taken"
grep -qi certificate "$work/out" || fail "it does not say why: $(cat "$work/out")"
! grep -q https "$work/two" || fail "something was asked all the same: $(cat "$work/two")"

# push_and_pull PORT LOG PROTOCOL: there and back; the log has that protocol for every request that came over TLS.
push_and_pull() {
    : >"$work/$2"
    "$tmplbuild" push "oci:$work/image" "docker://127.0.0.1:$1/me/$2:1" --progress plain >"$work/out" 2>&1 || fail "push: $(cat "$work/out")"
    "$tmplbuild" push "docker://127.0.0.1:$1/me/$2@$digest" "docker://127.0.0.1:$behind/back/$2:1" --progress plain >"$work/out" 2>&1 || fail "pull: $(cat "$work/out")"
    skopeo inspect --raw --tls-verify=false "docker://127.0.0.1:$behind/back/$2:1" >"$work/manifest"
    [ "sha256:$(sha256sum <"$work/manifest" | cut -d ' ' -f 1)" = "$digest" ] || fail "another image came back"
    for request in "PATCH 202" "PUT 201" "GET 200 /v2/me/$2/blobs/" "GET 200 /v2/me/$2/manifests/"; do
        grep -q "^$3 https $request" "$work/$2" || fail "no $request by $3: $(cat "$work/$2")"
    done
    ! grep " https " "$work/$2" | grep -v "^$3 " || fail "not all of it is $3"
}
export CURL_CA_BUNDLE="$work/authority.pem"
push_and_pull "$two" two HTTP/2.0
unset CURL_CA_BUNDLE
export SSL_CERT_FILE="$work/authority.pem"
push_and_pull "$one" one HTTP/1.1
