// SPDX-License-Identifier: Apache-2.0
#include "podlog/writer.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <optional>

#include "podlog/former_pods.hpp"
#include "podlog/outlet.hpp"
#include "podlog/rotating_file.hpp"
#include "sys/clock.hpp"

namespace tmplbuild::launch {

namespace {

constexpr int frames_fd = 3, reports_fd = 4;
constexpr std::uint64_t progress_bytes = 1'000'000;
constexpr Time sign_of_life_ms = 3'600'000;  // how often this pod leaves one, and looks for former pods

std::string stamp(bool progress) {
    const timespec now = sys::time_of_day();
    tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), progress ? "[%F %T UTC] " : "%FT%T", &parts);
    std::string out(text.data(), size);
    if (progress) return out;
    const std::string millis = std::to_string(now.tv_nsec / 1'000'000);
    return out + "." + std::string(3 - millis.size(), '0') + millis + "Z ";
}

bool make_folders(const std::string& path) {
    for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
        if (::mkdir(path.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST && errno != EROFS) return false;
    struct stat facts {};
    if (::mkdir(path.c_str(), 0755) != 0 && ::stat(path.c_str(), &facts) != 0) return false;
    return true;
}

// One service's file, or the progress log, and its error: each log fails and is tried again by itself.
struct Log {
    std::unique_ptr<RotatingFile> file{};
    Time retry_at = 0;
    int failed_with = 0;    // errno; 0: it can be written
    std::uint64_t gap = 0;  // lines dropped since the last one that was kept
};

// These errors are about the disk and not about one file, so they are reported once for all files.
bool is_of_the_disk(int why) { return why == ENOSPC || why == EDQUOT || why == EROFS || why == EIO; }

class Writer {
  public:
    explicit Writer(const WriterOptions& options) : options_(options) {}

    int run() {
        std::array<char, 16384> buffer{};
        for (;;) {
            pollfd in{frames_fd, POLLIN, 0};
            const int pause = pause_ms();
            if (pause >= 0 && ::poll(&in, 1, pause) == 0) {
                use_pause();
                continue;
            }
            const ssize_t got = ::read(frames_fd, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            input_.append(buffer.data(), static_cast<std::size_t>(got));
            take_frames();
        }
        report_dropped(true);
        return 0;
    }

  private:
    int pause_ms() const;
    void use_pause();
    void tidy();
    void take_frames();
    void write(const std::string& name, std::string_view block);
    RotatingFile& file_of(const std::string& name, Log& log);
    bool find_place();
    void drop(Log& log, std::uint64_t lines);
    void failed(Log& log, std::string path, int why);
    void works(Log& log);
    void report(const std::string& line);
    void report_dropped(bool at_once = false);

    const WriterOptions& options_;
    std::string input_;
    std::string folder_, progress_;  // empty: no place found yet
    std::map<std::string, Log> logs_;
    std::optional<FormerPods> former_pods_;  // only where the files are on the volume
    Time sign_at_ = 0;                       // when this pod's next sign of life is due
    Time place_at_ = 0;                      // without a place so far: when to look for one again
    bool place_failed_ = false;              // and that was reported
    bool failing_ = false;                   // a failure was reported, and no success since
    bool place_doubtful_ = false;            // a write failed: the volume may be gone for good
    std::uint64_t owed_ = 0;                 // lines dropped and not reported yet
    Time reported_ = 0;
};

// How long it waits for frames before it does something else; -1: for ever. It wakes up by itself only for a report
// that is due, and once an hour for former pods.
int Writer::pause_ms() const {
    if (former_pods_ && former_pods_->busy()) return 0;
    if (owed_ > 0) return 500;
    if (!former_pods_) return -1;
    return static_cast<int>(std::clamp<Time>(sign_at_ - now_ms(), 0, sign_of_life_ms));
}

void Writer::use_pause() {
    report_dropped();
    if (!former_pods_) return;
    if (options_.busy_since != nullptr) options_.busy_since->store(now_ms());
    tidy();
    if (options_.busy_since != nullptr) options_.busy_since->store(0);
}

// Does one small piece, so that frames that have come meanwhile are not held up.
void Writer::tidy() {
    if (former_pods_->busy()) {
        const std::string removed = former_pods_->step();
        if (!removed.empty()) report("removed " + removed);
    } else if (now_ms() >= sign_at_) {
        sign_at_ = now_ms() + sign_of_life_ms;
        former_pods_->begin();
    }
}

// A frame is "NAME LENGTH
// " and then that many bytes.
void Writer::take_frames() {
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = input_.find('\n', at);
        if (end == std::string::npos) break;
        const std::size_t space = input_.find(' ', at);
        std::size_t size = 0;
        if (space > end || std::from_chars(&input_[space + 1], &input_[end], size).ec != std::errc()) {
            at = end + 1;  // we never write such a line; the next one may be a frame
            continue;
        }
        if (input_.size() - end - 1 < size) break;
        if (options_.busy_since != nullptr) options_.busy_since->store(now_ms());
        write(input_.substr(at, space - at), std::string_view(input_).substr(end + 1, size));
        if (options_.busy_since != nullptr) options_.busy_since->store(0);
        at = end + 1 + size;
    }
    input_.erase(0, at);
}

void Writer::write(const std::string& name, std::string_view block) {
    Log& log = logs_[name];
    const std::uint64_t lines = count_lines(block);
    if (now_ms() < log.retry_at) return drop(log, lines);
    if ((folder_.empty() || place_doubtful_) && !find_place()) return drop(log, lines);
    const std::string date = stamp(name.empty());
    std::string text;
    if (log.gap > 0) text += date + "launcher: " + std::to_string(log.gap) + " lines could not be kept here\n";
    const std::size_t notice = text.size();
    for (std::string_view rest = block; !rest.empty();) {
        const std::size_t end = rest.find('\n') + 1;
        text.append(date).append(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    RotatingFile& file = file_of(name, log);
    const std::size_t done = file.append(text);
    const int why = errno;
    if (done >= notice) log.gap = 0;
    if (done == text.size()) return works(log);
    drop(log, count_lines(std::string_view(text).substr(std::max(done, notice))));
    failed(log, file.path(), why);
}

RotatingFile& Writer::file_of(const std::string& name, Log& log) {
    if (!log.file)
        log.file = name.empty() ? std::make_unique<RotatingFile>(progress_, progress_bytes, 2)
                                : std::make_unique<RotatingFile>(folder_ + "/" + file_name(name), options_.file_bytes,
                                                                 options_.files);
    return *log.file;
}

bool Writer::find_place() {
    if (now_ms() < place_at_) return false;
    place_doubtful_ = false;
    struct stat facts {};
    std::string why;
    const bool volume = ::stat(options_.volume.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
    for (const bool on_volume : {true, false}) {
        if (on_volume && !volume) continue;
        const std::string root = on_volume ? options_.volume : options_.fallback;
        const std::string folder = on_volume ? root + "/.tmplbuild/pods/" + options_.pod + "/logs" : root;
        if (make_folders(folder) && ::access(folder.c_str(), W_OK) == 0) {
            if (folder != folder_) {
                for (auto& [name, log] : logs_) log.file.reset();
                former_pods_.reset();
                if (on_volume) former_pods_.emplace(root + "/.tmplbuild/pods", options_.pod, FormerPods::Limits{});
                sign_at_ = 0;
            }
            folder_ = folder;
            progress_ = root + "/installation_progress.log";
            place_failed_ = false;
            report("at " + folder_);
            return true;
        }
        why += (why.empty() ? "" : "; ") + folder + ": " + std::strerror(errno);
    }
    folder_.clear();
    former_pods_.reset();
    for (auto& [name, log] : logs_) log.file.reset();
    place_at_ = now_ms() + options_.retry_ms;
    if (!place_failed_) report("fails cannot make a folder for logs (" + why + ")");
    place_failed_ = failing_ = true;
    return false;
}

void Writer::drop(Log& log, std::uint64_t lines) {
    owed_ += lines;
    log.gap += lines;
    report_dropped();
}

// `path` is a copy, since the file whose path it is gets closed here.
void Writer::failed(Log& log, std::string path, int why) {
    const bool known = std::any_of(logs_.begin(), logs_.end(), [&](const auto& other) {
        return other.second.failed_with == why && (&other.second == &log || is_of_the_disk(why));
    });
    log.failed_with = why;
    log.retry_at = now_ms() + options_.retry_ms;
    log.file.reset();
    place_doubtful_ = true;
    if (!known) report("fails cannot write " + path + ": " + std::strerror(why));
    failing_ = true;
}

void Writer::works(Log& log) {
    log.failed_with = 0;
    if (!failing_) return;
    failing_ = std::any_of(logs_.begin(), logs_.end(), [](const auto& one) { return one.second.failed_with != 0; });
    if (!failing_) report("works");
}

void Writer::report(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(reports_fd, text.data(), text.size()) < 0) return;  // the pipe is full: a later report says the same
}

void Writer::report_dropped(bool at_once) {
    if (owed_ == 0 || (!at_once && now_ms() < reported_ + 400)) return;
    report("dropped " + std::to_string(owed_));
    owed_ = 0;
    reported_ = now_ms();
}

}  // namespace

std::string file_name(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, 100))
        out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && !out.empty())
                   ? c
                   : '_';
    return out + ".log";
}

std::string frame(std::string_view name, std::string_view block) {
    std::string out(name);
    for (char& c : out)
        if (c == ' ' || c == '\n') c = '_';
    return out + " " + std::to_string(block.size()) + "\n" + std::string(block);
}

int run_writer(const WriterOptions& options) { return Writer(options).run(); }

}  // namespace tmplbuild::launch
