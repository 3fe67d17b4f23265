// SPDX-License-Identifier: Apache-2.0
#include "registry/pull.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "io/http_reply.hpp"
#include "oci/documents.hpp"
#include "registry/media_types.hpp"
#include "registry/reply.hpp"
#include "sys/pause.hpp"

namespace tmplbuild::registry {

namespace {

constexpr int most_tries = 5;                // for a blob, in a row without progress
constexpr std::uint64_t progress = 1 << 20;  // after that many bytes, the count of tries starts again
constexpr std::size_t longest_kind = 200;    // of a media type that is shown

constexpr const char* other_blob_hint = "the registry, or what lies between, has other bytes than the image names";
constexpr const char* lost_blob_hint =
    "the registry has lost it, or cleaned it up, or hides it from this login: it has to be pushed there again";
constexpr const char* other_manifest_hint = "the registry, or what lies between, sent other bytes than it holds";

std::string media_type_of(const io::HttpResponse& response) {
    const std::string whole = io::header_of(response.headers, "content-type");
    return visible(std::string(trim(std::string_view(whole).substr(0, whole.find(';')))).substr(0, longest_kind));
}

std::string name_of(const Session& session, const std::string& identifier) {
    return name_in(session.image(), identifier);
}

class BlobDownload {
  public:
    BlobDownload(Session& session, const Digest& digest, const BlobRange& range, const io::HttpBodySink& sink)
        : session_(session),
          digest_(digest),
          size_(range.size),
          is_hashed_(range.from == 0),
          sink_(sink),
          got_(range.from) {}

    Result<void> run(const std::stop_token& stop) {
        for (int tries = 1;; ++tries) {
            const std::uint64_t before = got_;
            auto response = go_on(stop);
            if (response && response->status >= 200 && response->status < 300) return check();
            if (response) return refused(*response);
            // All bytes came, and then the connection broke: the digest says whether they are the right ones.
            if (got_ == size_ && !is_ended_ && response.error().kind == ErrorKind::network) return check();
            if (got_ >= before + progress) tries = 0;
            // Where io::Http gave up before the first byte, it has made its own tries already.
            const bool may_go_on = !is_ended_ && got_ > before && tries < most_tries;
            if (!may_go_on || response.error().kind != ErrorKind::network) return response.error();
            const auto pause = session_.client().first_pause * (1 << std::min(tries, 4));
            if (!sys::pause_for(pause, stop)) return response.error();
        }
    }

  private:
    std::string name() const { return name_of(session_, digest_.to_string()); }
    Error refused(const io::HttpResponse& response) const {
        Error error = session_.refused("the blob '" + name() + "' cannot be read", response);
        if (response.status == 404) error.hint = lost_blob_hint;
        return error;
    }
    Error wrong(const std::string& how) const {
        return network_error("the blob '" + name() + "' " + how, other_blob_hint);
    }

    Result<io::HttpResponse> go_on(const std::stop_token& stop) {
        Request request{.path = "blobs/" + digest_.to_string()};
        request.first_byte = got_;
        request.limit = std::max<std::uint64_t>(size_ + 1, 64 << 10);  // leaves room for the text of an error too
        const io::HttpBodySink take = [this](std::string_view data) -> Result<void> {
            auto taken = data.size() > size_ - got_
                             ? Result<void>(wrong("is longer than " + std::to_string(size_) + " bytes"))
                             : sink_(data);
            is_ended_ = !taken;
            if (!taken) return taken;
            if (is_hashed_) hasher_.update(data);
            got_ += data.size();
            return {};
        };
        return session_.stream(request, take, stop);
    }
    Result<void> check() {
        if (got_ != size_)
            return wrong("has " + std::to_string(got_) + " bytes, and should have " + std::to_string(size_));
        if (is_hashed_ && hasher_.finish() != digest_) return wrong("does not have its digest");
        return {};
    }

    Session& session_;
    const Digest digest_;
    const std::uint64_t size_;
    const bool is_hashed_;  // all of it passes here
    const io::HttpBodySink& sink_;
    Sha256 hasher_;
    std::uint64_t got_;
    bool is_ended_ = false;  // by us, and not by the network
};

}  // namespace

// None where the registry says that it has none; `missing` gets that answer.
static Result<std::optional<Document>> get_manifest(Session& session, const std::string& identifier,
                                                    io::HttpResponse& missing, const std::stop_token& stop) {
    Request request{.path = "manifests/" + identifier};
    request.headers["Accept"] = accepted_manifests();
    request.limit = oci::document_limit;
    auto response = session.send(request, stop);
    if (!response) return response.error();
    const std::string name = "'" + name_of(session, identifier) + "'";
    if (response->status == 404) {
        missing = std::move(*response);
        return std::nullopt;
    }
    if (response->status != 200) return session.refused(name + " cannot be read", *response);
    Document out{std::move(response->body), media_type_of(*response), {}};
    out.digest = Sha256::of(out.text);
    const auto differs = [&](const std::string& said) {
        return network_error(name + " has the digest " + out.digest.to_string() + ", and " + said, other_manifest_hint);
    };
    if (identifier.starts_with("sha256:") && out.digest.to_string() != identifier)
        return differs("another one was asked for");
    if (const std::string said = io::header_of(response->headers, "docker-content-digest");
        said.starts_with("sha256:") && said != out.digest.to_string())
        return differs("the registry says " + visible(said.substr(0, longest_kind)));
    return std::optional(std::move(out));
}

Result<Document> fetch_manifest(Session& session, const std::string& identifier, const std::stop_token& stop) {
    io::HttpResponse missing;
    auto found = get_manifest(session, identifier, missing, stop);
    if (!found) return found.error();
    if (*found) return std::move(**found);
    return session.refused("'" + name_of(session, identifier) + "' cannot be read", missing);
}

Result<std::optional<Document>> find_manifest(Session& session, const std::string& identifier,
                                              const std::stop_token& stop) {
    io::HttpResponse missing;
    return get_manifest(session, identifier, missing, stop);
}

bool is_lost_blob(const Error& error) { return error.hint == lost_blob_hint; }
bool is_other_content(const Error& error) { return error.hint == other_blob_hint || error.hint == other_manifest_hint; }

Result<std::optional<std::uint64_t>> find_blob(Session& session, const Digest& digest, std::uint64_t expected,
                                               const std::stop_token& stop) {
    const Request request{.path = "blobs/" + digest.to_string(), .method = io::HttpMethod::head};
    auto response = session.send(request, stop);
    if (!response) return response.error();
    if (response->status == 404) return std::nullopt;
    const std::string length = io::header_of(response->headers, "content-length");
    if (response->status == 200 && length.empty()) return expected;
    const auto size = parse_whole(length, 0, std::int64_t{1} << 62);
    if (response->status != 200 || !size)
        return session.refused("the blob '" + name_of(session, digest.to_string()) + "' cannot be looked for",
                               *response);
    return static_cast<std::uint64_t>(*size);
}

Result<void> fetch_blob(Session& session, const Digest& digest, std::uint64_t size, const io::HttpBodySink& sink,
                        const std::stop_token& stop) {
    return fetch_blob(session, digest, {size, 0}, sink, stop);
}

Result<void> fetch_blob(Session& session, const Digest& digest, const BlobRange& range, const io::HttpBodySink& sink,
                        const std::stop_token& stop) {
    return BlobDownload(session, digest, range, sink).run(stop);
}

}  // namespace tmplbuild::registry
