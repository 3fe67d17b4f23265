// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "console/files/arrival.hpp"
#include "console/files/multipart.hpp"
#include "console/files/names.hpp"
#include "console/files/own_folders.hpp"
#include "console/files/uploads.hpp"
#include "console/files/values.hpp"

namespace tmplbuild::console::files {

namespace {

constexpr std::size_t value_limit = 64 << 10, piece = 1 << 20;

class FormUpload {
  public:
    FormUpload(Conversation& talk, const Roots& roots, Multipart& form) : talk_(talk), roots_(roots), form_(form) {}

    // Takes the form to its end: one file's failure is that file's alone.
    Reply<void> run() {
        for (;;) {
            auto part = form_.next();
            if (!part) return part.error();
            if (!*part) return has_files_ ? Reply<void>() : Refusal{400, "the form has no 'files'", {}};
            auto done = (*part)->file_name ? take_file(*(*part)->file_name) : take_value((*part)->name);
            if (!done) return done;
        }
    }
    json::object fields() const {
        return {{"uploaded", uploaded_}, {"errors", errors_}, {"success", errors_.empty()}, {"files", files_}};
    }

  private:
    Reply<void> take_value(const std::string& name) {
        auto value = form_.read_value(value_limit);
        if (!value) return value.error();
        if (name == "files") return Refusal{400, "'files' is a text in this form, and no file", {}};
        if (name == "current_path") folder_ = *value;
        if (name == "conflict") {
            if (auto meant = conflict_of(*value); !meant) return meant.error();
            conflict_ = *value;
        }
        return {};
    }

    Reply<void> take_file(const std::string& name) {
        has_files_ = true;
        if (name.empty()) return {};  // a field for files in which none was chosen
        if (!folder_) return Refusal{400, "the form has no current_path before its files", {}};
        const auto target = Target::of(roots_, *folder_, name, conflict_);
        auto arrived = target ? receive(*target) : Reply<void>(target.error());
        if (arrived) return {};
        // Whether the client or the form ended, nothing more can come.
        if (arrived.error().status == 0 || broken_) return arrived;
        errors_.push_back(problem(name, arrived.error()));
        return {};
    }

    Reply<void> receive(const Target& target) {
        if (auto free = target.check_free(roots_); !free) return free;
        const auto own = own_folder(*target.folder.root, "uploads");
        if (!own) return own.error();
        const std::string part = "form-" + new_id();
        const sys::Fd file(
            ::openat(own->fd(), part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file) return failed("write", target.place().path(), errno);
        RunningHash hash;
        auto written = write(target, file.get(), hash);
        auto place = written ? give_name(roots_, target, own->fd(), part, std::nullopt, talk_.line())
                             : Reply<Place>(written.error());
        if (!place) {
            ::unlinkat(own->fd(), part.c_str(), 0);
            return place.error();
        }
        uploaded_.emplace_back(shown(place->name()));
        files_.push_back(json::object{{"name", shown(place->name())},
                                      {"path", shown(place->path())},
                                      {"size", hash.bytes()},
                                      {"sha256", hash.hex()}});
        return {};
    }

    Reply<void> write(const Target& target, int file, RunningHash& hash) {
        buffer_.resize(piece);
        for (;;) {
            const auto got = form_.read(buffer_);
            broken_ = !got;
            if (!got) return got.error();
            if (*got == 0) return {};
            const std::string_view data(buffer_.data(), *got);
            hash.update(data);
            for (std::size_t done = 0; done < data.size();) {
                const ssize_t put = ::write(file, data.data() + done, data.size() - done);
                if (put < 0) return no_space(target.place().path(), errno);
                done += static_cast<std::size_t>(put);
            }
            talk_.line().at_work();
        }
    }

    bool has_files_ = false;
    Conversation& talk_;
    const Roots& roots_;
    Multipart& form_;
    std::optional<std::string> folder_{};
    std::string conflict_{}, buffer_{};
    json::array uploaded_{}, errors_{}, files_{};
    bool broken_ = false;
};

}  // namespace

Reply<void> upload_form(Conversation& talk, const Roots& roots) {
    auto boundary = Multipart::boundary_of(talk.header("content-type"));
    if (!boundary) return boundary.error();
    Multipart form([&talk](std::span<char> into) { return talk.body().read(into); }, std::move(*boundary));
    FormUpload upload(talk, roots, form);
    if (auto taken = upload.run(); !taken) return taken;
    talk.answer(json_answer(200, upload.fields()));
    return {};
}

}  // namespace tmplbuild::console::files
