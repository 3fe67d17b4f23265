// SPDX-License-Identifier: Apache-2.0
// Functions over URLs, read as libcurl reads them: where a redirect leads, and the class of a host by its spelling
// alone.
#include <curl/curl.h>

#include <memory>

#include "base/text.hpp"
#include "io/http_exchange.hpp"

namespace tmplbuild::io {

namespace {

struct FreeUrl {
    void operator()(char* text) const { ::curl_free(text); }
    void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (::curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, FreeUrl> owned(text);
    return text;
}

std::string origin(CURLU* url) {
    return url_part(url, CURLUPART_SCHEME) + "://" + to_lower(url_part(url, CURLUPART_HOST)) + ":" +
           url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

}  // namespace

std::optional<AddressClass> spelled_class(const std::string& url) {
    const Url parsed(::curl_url());
    if (!parsed || ::curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
    const std::string host = to_lower(url_part(parsed.get(), CURLUPART_HOST));
    if (host == "localhost" || host.ends_with(".localhost")) return AddressClass::loopback;
    return address_class(host);
}

Result<HttpTarget> http_target(const std::string& from, const std::string& to) {
    const Error wrong = network_error("'" + printable_url(to) + "' is not an http or https URL");
    const Url url(::curl_url());
    if (!url) return wrong;
    std::string origin_before;
    if (!from.empty()) {
        if (::curl_url_set(url.get(), CURLUPART_URL, from.c_str(), 0) != CURLUE_OK) return wrong;
        origin_before = origin(url.get());
    }
    if (::curl_url_set(url.get(), CURLUPART_URL, to.c_str(), CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) != CURLUE_OK)
        return wrong;
    const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https") return wrong;
    HttpTarget target;
    const std::string name = url_part(url.get(), CURLUPART_USER, CURLU_URLDECODE);
    const std::string password = url_part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
    if (!name.empty() || !password.empty()) target.user = name + ":" + password;
    for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT})
        ::curl_url_set(url.get(), part, nullptr, 0);
    target.url = url_part(url.get(), CURLUPART_URL);
    target.same_origin = origin(url.get()) == origin_before;
    return target;
}

bool same_origin(const std::string& one, const std::string& other) {
    const auto target = http_target(one, other);
    return target && target->same_origin;
}

}  // namespace tmplbuild::io
