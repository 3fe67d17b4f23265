// SPDX-License-Identifier: Apache-2.0
#include "registry/push_manifest.hpp"

#include <algorithm>
#include <optional>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "io/http_reply.hpp"
#include "registry/refusal.hpp"
#include "registry/reply.hpp"

namespace tmplbuild::registry {

namespace {

std::string manifest_name(const Session& session, const std::string& identifier) {
    return "'" + name_in(session.image(), identifier) + "'";
}

bool is_another_digest(const io::HttpResponse& response, const Digest& ours) {
    const std::string said = io::header_of(response.headers, "docker-content-digest");
    return said.starts_with("sha256:") && said != ours.to_string();
}

bool is_unknown_query(int status) {
    return status == 400 || status == 404 || status == 405 || status == 414 || status == 422;
}

// Its OCI-Tag header; none where a blob is missing.
Result<std::optional<std::string>> put_as(Session& session, const PushedImage& image, const std::string& identifier,
                                          const std::string& query, const std::stop_token& stop) {
    Request request{.path = "manifests/" + identifier + query, .method = io::HttpMethod::put};
    request.headers["Content-Type"] = image.media_type;
    request.body = io::HttpBody::of(image.manifest);
    auto response = session.send(request, stop);
    if (!response) return response.error();
    const std::string name = manifest_name(session, identifier);
    if (error_code_of(response->body) == "MANIFEST_BLOB_UNKNOWN") return std::nullopt;
    // A registry that knows no such query: each tag goes alone.
    if (!query.empty() && is_unknown_query(response->status)) return std::string();
    if (response->status < 200 || response->status > 299) return session.refused(name + " cannot be pushed", *response);
    if (is_another_digest(*response, image.digest))
        return network_error("the registry took " + name + " as " +
                                 visible(io::header_of(response->headers, "docker-content-digest").substr(0, 100)) +
                                 ", and its digest is " + image.digest.to_string(),
                             "the registry, or what lies between, changed its bytes");
    return io::header_of(response->headers, "oci-tag");
}

}  // namespace

Result<std::vector<std::string>> lacking(Session& session, const PushedImage& image,
                                         const std::vector<std::string>& identifiers, const std::stop_token& stop) {
    std::vector<std::string> out;
    for (const std::string& identifier : identifiers) {
        Request request{.path = "manifests/" + identifier, .method = io::HttpMethod::head};
        request.headers["Accept"] = image.media_type;
        auto response = session.send(request, stop);
        if (!response) return response.error();
        if (io::may_pass_later(response->status))
            return session.refused(manifest_name(session, identifier) + " cannot be looked for", *response);
        const bool is_there = response->status == 200 &&
                              io::header_of(response->headers, "docker-content-digest") == image.digest.to_string();
        if (!is_there) out.push_back(identifier);
    }
    return out;
}

Result<bool> put_manifest(Session& session, const PushedImage& image, const std::vector<std::string>& identifiers,
                          const std::stop_token& stop) {
    std::vector<std::string> left = identifiers;
    if (left.size() > 1) {
        std::vector<std::string> parts;
        for (const std::string& tag : left) parts.push_back("tag=" + percent_encoded(tag));
        auto named = put_as(session, image, image.digest.to_string(), "?" + join(parts, "&"), stop);
        if (!named) return named.error();
        if (!*named) return false;
        for (const std::string& tag : split(**named, ','))
            left.erase(std::remove(left.begin(), left.end(), std::string(trim(tag))), left.end());
    }
    for (const std::string& identifier : left) {
        auto named = put_as(session, image, identifier, "", stop);
        if (!named) return named.error();
        if (!*named) return false;
    }
    return true;
}

}  // namespace tmplbuild::registry
