// SPDX-License-Identifier: Apache-2.0
#include "registry/upload.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "io/http_reply.hpp"
#include "registry/refusal.hpp"
#include "registry/reply.hpp"
#include "registry/take_back.hpp"
#include "sys/pause.hpp"

namespace tmplbuild::registry {

namespace {

constexpr int most_upload_tries = 6;                 // one after the other without progress
constexpr std::uint64_t upload_progress = 1 << 20;   // bytes after which they count from new
constexpr int most_starts_over = 30;                 // of one blob; a registry that forgets each time takes nothing
constexpr std::uint64_t most_times_sent = 3;         // of a blob's bytes; more are no reason to begin anew
constexpr int most_lost = 3;                         // closings of what it does not have
constexpr int most_setbacks = 8;                     // answers in a row that moved nothing
constexpr std::chrono::minutes longest_closing{15};  // in which a registry hashes and stores a blob of 10 GB
constexpr std::chrono::seconds longest_wait{30};     // that a registry may ask for; io::Http has the same

bool is_good(int status) { return status >= 200 && status < 300; }

Error stopped() { return Error{.kind = ErrorKind::interrupted, .message = "stopped"}; }

}  // namespace

BlobUpload::BlobUpload(Session& session, OutgoingBlob& blob, UploadRecord record, std::string lies_in)
    : session_(session),
      blob_(blob),
      record_(std::move(record)),
      lies_in_(std::move(lies_in)),
      limits_(upload_limits(session.image().host)) {
    if (!record_.known()) return;
    upload_ = *record_.known();
    is_in_doubt_ = true;
    // What the replies to the first request said is not known any more.
    if (!limits_.is_known) limits_.piece = usual_piece;
}

std::string BlobUpload::name() const { return name_in(session_.image(), blob_.digest().to_string()); }

Error BlobUpload::refused(const io::HttpResponse& response) {
    is_refused_ = true;
    Error error = session_.refused("the blob '" + name() + "' cannot be pushed", response);
    if (response.status == 404)
        error.hint =
            "make the repository first where the registry does not make it by itself (ECR), or look at its name";
    if (response.status == 413)
        error.hint = "the registry, or a proxy in front of it, takes no blob of this size: make the layer smaller";
    return error;
}

Error BlobUpload::too_large(const io::HttpResponse& response) {
    is_refused_ = true;
    if (response.status == 413) return refused(response);
    return network_error("the registry " + session_.image().host + " takes no piece of '" + name() + "', however small",
                         "it, or what lies between, has a fault of its own: try again later");
}

Error BlobUpload::not_now(const io::HttpResponse& response) {
    // RFC 9110, section 10.2.3. Its other form, a date, is ignored, since the machine's clock may be wrong.
    if (const auto asked = parse_whole(io::header_of(response.headers, "retry-after"), 0, 1'000'000'000)) {
        wait_ = std::chrono::seconds(*asked);
        is_told_to_wait_ = wait_ > longest_wait;
    }
    return session_.refused("the blob '" + name() + "' cannot be pushed", response);
}

Result<Arrival> BlobUpload::run(const std::stop_token& stop) {
    blob_.end_with(stop);
    for (int tries = 1;; ++tries) {
        const std::uint64_t before = upload_.confirmed;
        auto arrived = attempt(stop);
        if (arrived) {
            record_.forget();
            return arrived;
        }
        if (stop.stop_requested()) return stopped();
        if (blob_.is_damaged() || io::is_kept_out(arrived.error())) is_refused_ = true;
        if (is_refused_ || is_told_to_wait_ || blob_.has_failed()) return arrived;
        if (arrived.error().kind != ErrorKind::network) return arrived;
        if (upload_.confirmed >= before + upload_progress) tries = 0;
        if (tries >= most_upload_tries) return arrived;
        if (!pause(tries, stop)) return stopped();
    }
}

bool BlobUpload::pause(int tries, const std::stop_token& stop) {
    std::chrono::milliseconds length = session_.client().first_pause * (1 << std::min(tries, 6));
    const std::chrono::milliseconds asked = std::exchange(wait_, {});
    if (asked > length) {
        length = asked;
        if (session_.client().tell)
            session_.client().tell("the registry " + session_.image().host + " asks to wait " +
                                   human_seconds(std::chrono::duration<double>(asked).count()));
    }
    return sys::pause_for(length, stop);
}

Result<Arrival> BlobUpload::attempt(const std::stop_token& stop) {
    // An upload of an earlier push may have been closed, or another push may have brought the blob since.
    if (is_closing_ || upload_.url.empty() || !was_looked_for_) {
        auto there = is_there(stop);
        if (!there) return there.error();
        if (*there && is_closing_) return Arrival::uploaded;
        if (*there) {
            cancel(stop);
            return Arrival::was_there;
        }
        is_closing_ = false;
        was_looked_for_ = true;
    }
    for (;;) {
        if (stop.stop_requested()) return stopped();
        if (!upload_.url.empty() && is_in_doubt_)
            if (auto known = ask_how_far(stop); !known) return known.error();
        if (upload_.url.empty()) {
            auto mounted = start(stop);
            if (!mounted) return mounted.error();
            if (*mounted) return Arrival::mounted;
        }
        const std::uint64_t left = blob_.size() - upload_.confirmed;
        if (left == 0 || (upload_.confirmed == 0 && next_size() == left)) {
            auto arrived = close(stop);
            if (!arrived) return arrived.error();
            if (*arrived) return **arrived;
        } else if (auto sent = send_piece(stop); !sent) {
            return sent.error();
        }
    }
}

Result<bool> BlobUpload::is_there(const std::stop_token& stop) {
    auto response =
        session_.send({.path = "blobs/" + blob_.digest().to_string(), .method = io::HttpMethod::head}, stop);
    if (!response) return response.error();
    if (io::may_pass_later(response->status)) return not_now(*response);
    // Some registries say 403 of what is not there yet; whether we may push, the next request says.
    if (response->status != 200) return false;
    const std::string length = io::header_of(response->headers, "content-length");
    const auto size = parse_whole(length, 0, std::int64_t{1} << 62);
    // What lies between may leave the length out.
    if (length.empty() || (size && static_cast<std::uint64_t>(*size) == blob_.size())) return true;
    is_refused_ = true;
    return network_error("the registry says that it has '" + name() + "' with " +
                             (size ? std::to_string(*size) + " bytes" : "an unknown size") + ", and it has " +
                             std::to_string(blob_.size()),
                         "the registry, or what lies between, has other bytes than the image names");
}

Result<bool> BlobUpload::start(const std::stop_token& stop) {
    for (;;) {
        Request request{.path = "blobs/uploads/", .method = io::HttpMethod::post};
        const bool is_mount = !lies_in_.empty();
        if (is_mount)
            request.path +=
                "?mount=" + percent_encoded(blob_.digest().to_string()) + "&from=" + percent_encoded(lies_in_);
        lies_in_.clear();  // tried once
        auto response = session_.send(request, stop);
        if (!response) return response.error();
        if (response->status == 202) return started(*response);
        if (is_mount && response->status == 201) {
            const std::string said = io::header_of(response->headers, "docker-content-digest");
            if (said.empty() || said == blob_.digest().to_string()) return true;
        }
        if (is_mount) continue;  // whatever that was: without a mount, then
        if (io::may_pass_later(response->status)) return not_now(*response);
        return refused(*response);
    }
}

Result<bool> BlobUpload::started(const io::HttpResponse& response) {
    auto url = session_.location(response);
    if (!url) {
        is_refused_ = true;
        return url.error();
    }
    upload_ = {std::move(*url), 0, 0};
    is_in_doubt_ = false;
    was_cut_ = false;
    const auto least = parse_whole(io::header_of(response.headers, "oci-chunk-min-length"), 1, std::int64_t{1} << 40);
    least_piece_ = static_cast<std::uint64_t>(least.value_or(0));
    // Registries that say nothing of pieces get none, but for distribution and its kin, which name uploads like that.
    if (!limits_.is_known && !is_piece_learnt_)
        limits_.piece = least || !io::header_of(response.headers, "docker-upload-uuid").empty() ? usual_piece : 0;
    if (limits_.piece != 0) limits_.piece = std::max(limits_.piece, least_piece_);
    return false;
}

Result<void> BlobUpload::start_over(const std::string& why, const io::HttpResponse* said, const std::stop_token& stop) {
    cancel(stop);
    const std::uint64_t most = std::max(most_times_sent * blob_.size(), upload_progress);
    if (++starts_over_ <= most_starts_over && blob_.sent() <= most) {
        // Once is nothing: what an earlier push left is often gone.
        if (starts_over_ > 1)
            (void)sys::pause_for(session_.client().first_pause * (1 << std::min(starts_over_ - 1, 4)), stop);
        return {};
    }
    is_refused_ = true;
    const std::string what = "the blob '" + name() + "' cannot be pushed: " + why + ", each time that it is begun anew";
    Error error = said == nullptr ? network_error(what) : session_.refused(what, *said);
    error.hint = "the registry, or what lies between, does not keep uploads: try again later";
    return error;
}

void BlobUpload::cancel(const std::stop_token& stop) {
    if (stop.stop_requested()) return;  // who wants to go does not wait, and a later push finds it
    // A stop by the push's other blobs comes at any moment; the push takes back what it left.
    is_in_doubt_ = !upload_.url.empty() && !take_back_upload(session_, upload_.url, stop);
    if (is_in_doubt_) return;
    upload_ = {};
    record_.forget();
}

std::uint64_t BlobUpload::next_size() const {
    const std::uint64_t left = blob_.size() - upload_.confirmed;
    return limits_.piece == 0 ? left : std::min(left, limits_.piece);
}

// On disk, with the end of what is sent next, before the first byte of that leaves.
void BlobUpload::remember() {
    upload_.begun = std::max(upload_.begun, upload_.confirmed + next_size());
    if (journal_fault_) return;
    auto kept = record_.remember(upload_);
    if (kept) return;
    journal_fault_ = kept.error();
    record_.forget();
}

Result<void> BlobUpload::ask_how_far(const std::stop_token& stop) {
    if (!limits_.takes_pieces) return start_over("it takes uploads only whole", nullptr, stop);
    auto response = session_.send({.path = upload_.url}, stop);
    if (!response) return response.error();
    if (io::may_pass_later(response->status)) return not_now(*response);
    if (!is_good(response->status)) return start_over("it does not know the upload any more", &*response, stop);
    const auto taken = bytes_taken(*response);
    if (!taken) return start_over("it does not say how much it has", &*response, stop);
    if (std::exchange(refused_at_, std::nullopt) == taken)
        if (auto smaller = smaller_pieces(*response); !smaller) return smaller;
    // "0-0" may be one byte or none: there is nothing to lose.
    if (*taken == 0) return start_over("it has nothing of it", &*response, stop);
    if (*taken < upload_.confirmed || *taken > upload_.begun)
        return start_over("it says that it has " + std::to_string(*taken) + " bytes, which cannot be", &*response,
                          stop);
    if (!io::header_of(response->headers, "location").empty()) {
        auto url = session_.location(*response);
        if (!url) return start_over("it leads where it may not", &*response, stop);
        upload_.url = std::move(*url);
    }
    if (*taken > upload_.confirmed) setbacks_ = 0;
    upload_.confirmed = *taken;
    is_in_doubt_ = false;
    was_cut_ = true;
    remember();
    return {};
}

Result<void> BlobUpload::send_piece(const std::stop_token& stop) {
    const std::uint64_t from = upload_.confirmed, size = next_size();
    remember();
    Request request{.path = upload_.url, .method = io::HttpMethod::patch};
    request.headers["Content-Type"] = "application/octet-stream";
    request.headers["Content-Range"] = std::to_string(from) + "-" + std::to_string(from + size - 1);
    request.body = blob_.part(from, size);
    request.caller_goes_on = true;
    is_in_doubt_ = true;
    auto response = session_.send(request, stop);
    if (!response) return response.error();
    return is_good(response->status) ? piece_answered(*response, from + size, stop) : piece_refused(*response, stop);
}

Result<void> BlobUpload::piece_answered(const io::HttpResponse& response, std::uint64_t end,
                                        const std::stop_token& stop) {
    if (!io::header_of(response.headers, "location").empty()) {
        auto url = session_.location(response);
        if (!url) {
            is_refused_ = true;
            return url.error();
        }
        upload_.url = std::move(*url);
    }
    // It may have taken less than it was sent, and says so.
    std::optional<std::uint64_t> taken = end;
    if (!io::header_of(response.headers, "range").empty()) taken = bytes_taken(response);
    if (taken == std::uint64_t{0} && end == 1) taken = end;
    const bool is_sure = taken && *taken <= end && *taken >= upload_.confirmed;
    if (is_sure && *taken > upload_.confirmed)
        setbacks_ = 0;
    else if (++setbacks_ > most_setbacks)
        return start_over("it takes nothing of it", &response, stop);
    if (!is_sure) return {};  // it is asked, and may say it properly then
    upload_.confirmed = *taken;
    is_in_doubt_ = false;
    remember();
    return {};
}

Result<void> BlobUpload::piece_refused(const io::HttpResponse& response, const std::stop_token& stop) {
    if (io::may_pass_later(response.status)) return not_now(response);
    if (response.status == 413) return smaller_pieces(response);
    if (response.status == 416) {
        // Another offset than it has, perhaps since it still takes what an earlier connection sent; or (GHCR) more than
        // it takes at once. The next question tells which.
        refused_at_ = upload_.confirmed;
        return not_now(response);
    }
    if (response.status == 400 || response.status == 404 || response.status == 410)
        return start_over("it does not know the upload any more", &response, stop);
    return refused(response);
}

Result<void> BlobUpload::smaller_pieces(const io::HttpResponse& response) {
    const std::uint64_t least = std::max(smallest_piece, least_piece_);
    if ((limits_.piece == 0 ? blob_.size() : limits_.piece) <= least) return too_large(response);
    is_piece_learnt_ = true;
    std::uint64_t next = limits_.piece == 0 ? usual_piece : limits_.piece / 4;
    while (next > least && next >= blob_.size()) next /= 4;
    limits_.piece = std::max(next, least);
    return {};
}

Result<std::optional<Arrival>> BlobUpload::close(const std::stop_token& stop) {
    const std::uint64_t left = blob_.size() - upload_.confirmed;
    remember();
    Request request{.path = with_query(upload_.url, "digest=" + percent_encoded(blob_.digest().to_string())),
                    .method = io::HttpMethod::put};
    request.until_answer = longest_closing;
    if (left != 0) {
        request.headers["Content-Type"] = "application/octet-stream";
        request.body = blob_.part(upload_.confirmed, left);
        request.caller_goes_on = true;
    }
    is_in_doubt_ = true;
    is_closing_ = true;
    auto response = session_.send(request, stop);
    if (!response) return response.error();
    return closed(*response, left != 0, stop);
}

Result<std::optional<Arrival>> BlobUpload::closed(const io::HttpResponse& response, bool was_one_put,
                                                  const std::stop_token& stop) {
    if (response.status == 201 || response.status == 204) {
        const std::string said = io::header_of(response.headers, "docker-content-digest");
        if (said.empty() || said == blob_.digest().to_string()) return Arrival::uploaded;
        is_refused_ = true;
        return network_error("the registry took '" + name() + "' as another digest",
                             "the registry, or what lies between, changed its bytes");
    }
    if (io::may_pass_later(response.status)) return not_now(response);
    // GHCR says 416 of what is too large, others 413. Of a whole blob, 416 cannot be about its place.
    if ((response.status == 413 || response.status == 416) && was_one_put && limits_.takes_pieces) {
        is_closing_ = false;
        if (auto smaller = smaller_pieces(response); !smaller) return smaller.error();
        if (auto anew = start_over("it takes no request of this size", &response, stop); !anew) return anew.error();
        return std::nullopt;
    }
    // A closing that was done may have been asked for again, and then there is no such upload.
    auto there = is_there(stop);
    if (!there) return there.error();
    if (*there) return Arrival::uploaded;
    is_closing_ = false;
    const std::string code = error_code_of(response.body);
    // A cut connection may have gone on writing what was then sent again: the digest is wrong, and only a blob that
    // came whole is refused for good by a 400 that says no more.
    const bool is_spoilt = was_cut_ && response.status == 400 && code.empty();
    const bool is_lost = is_spoilt || response.status == 404 || response.status == 416 ||
                         code == "BLOB_UPLOAD_INVALID" || code == "BLOB_UPLOAD_UNKNOWN" || code == "DIGEST_INVALID" ||
                         code == "SIZE_INVALID";
    if (!is_lost || ++lost_at_end_ > most_lost) return refused(response);
    if (auto anew = start_over("it does not have what was sent", &response, stop); !anew) return anew.error();
    return not_now(response);
}

}  // namespace tmplbuild::registry
