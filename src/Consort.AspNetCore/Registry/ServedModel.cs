using System.Globalization;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Requests;
using Consort.Foundation.Options;
using Consort.Serving.Packages;

namespace Consort.AspNetCore.Registry;

/// <summary>What a look at a model's packages has changed.</summary>
/// <param name="Model">The model.</param>
/// <param name="Loaded">Versions that are new, or whose package has changed.</param>
/// <param name="Removed">Versions whose package is gone.</param>
/// <param name="Failed">Versions whose package could not be loaded, and why; what was served before still is.</param>
public sealed record ReloadResult(string Model, IReadOnlyList<string> Loaded, IReadOnlyList<string> Removed,
    IReadOnlyDictionary<string, string> Failed)
{
    /// <summary>Why the folder of the model could not be looked at; null where it could, or where that was said before.</summary>
    public string? Trouble { get; init; }
}

/// <summary>The versions and labels of a model at a moment.</summary>
/// <param name="Versions">Ascending; the last is the latest.</param>
/// <param name="Labels">Labels and the version each stands for.</param>
internal sealed record ModelState(IReadOnlyList<ModelVersion> Versions, IReadOnlyDictionary<string, string> Labels)
{
    public ModelVersion? Find(string name)
    {
        foreach (var version in Versions)
            if (version.Name == name)
                return version;
        return null;
    }
}

/// <summary>
/// A model with its versions and labels. Requests read one immutable state; a reload builds the next beside it and puts it in place, so no
/// request waits for a load or sees half of it.
/// </summary>
internal sealed class ServedModel : IDisposable
{
    public const string Stable = "stable", Canary = "canary", Shadow = "shadow", Latest = ModelSource.Latest;

    private readonly ModelSource _source;
    private readonly double _canaryShare;
    private readonly bool _isFolder;
    private readonly Lock _gate = new();
    private readonly Refusals _refused = new();
    private readonly PackageStorage _storage;
    private readonly Catalogues? _catalogues;
    private readonly ScoringMeter? _meter;
    private readonly int _driftRows;
    private IReadOnlyDictionary<string, string> _given; // labels of the options
    private ModelState _state;
    private int _serial;
    private bool _isDisposed;
    private string? _trouble;

    /// <summary>Loads all versions.</summary>
    /// <exception cref="ConsortException">There is none, one is damaged, or a label names none.</exception>
    public ServedModel(ModelSource source, double canaryShare, PackageStorage storage = PackageStorage.Memory,
        Catalogues? catalogues = null, ScoringMeter? meter = null, int driftRows = 0)
    {
        (_source, _canaryShare, _storage, _catalogues, _meter) = (source, canaryShare, storage, catalogues, meter);
        (_given, _driftRows) = (source.Labels, driftRows);
        _isFolder = Directory.Exists(source.Path);
        _state = new ModelState([], source.Labels.ToDictionary());
        var result = Reload();
        try
        {
            if (result.Failed.Count > 0)
                throw new ConsortException($"model {Name}: {result.Failed.First().Value}");
            if (_state.Versions.Count == 0)
                throw new ConsortException($"{source.Path}: found no package, expected files named VERSION{ModelSource.Extension}");
            Check(source.Labels);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name => _source.Name;

    /// <summary>Where its packages come from.</summary>
    public string SourcePath => _source.Path;

    public ModelState State => Volatile.Read(ref _state);

    /// <summary>Takes a version for a request.</summary>
    /// <param name="wanted">A version or a label; null or empty for that of label <c>stable</c>, or the latest where there is none.</param>
    /// <param name="lot">From 0 to 1: below the canary's share it is the canary's, where nothing is wanted; null draws one.</param>
    /// <exception cref="RequestException">404: there is no such version.</exception>
    public VersionLease Lease(string? wanted, double? lot = null)
    {
        while (true)
        {
            if (Resolve(State, wanted, lot).TryLease(out var lease))
                return lease;
            // Given up between the two: the next state is there already, unless all ends.
            if (Volatile.Read(ref _isDisposed))
                throw RequestException.Stopping();
        }
    }

    /// <summary>
    /// Looks at the packages again: loads those that are new or changed, gives up those that are gone and that no label names.
    /// </summary>
    /// <param name="only">Only this version; null for all.</param>
    public ReloadResult Reload(string? only = null)
    {
        lock (_gate)
        {
            var (loaded, removed, failed) = (new List<string>(), new List<string>(), new Dictionary<string, string>());
            if (_isDisposed)
                return new ReloadResult(Name, loaded, removed, failed);
            var (versions, given) = (_state.Versions.ToDictionary(v => v.Name, StringComparer.Ordinal), new List<ModelVersion>());
            var files = Files(out var trouble);
            if (trouble is null)
                _refused.Keep(files);
            foreach (var (name, path) in files.Where(f => only is null || f.Key == only))
            {
                var known = versions.GetValueOrDefault(_isFolder ? name : versions.Keys.FirstOrDefault() ?? name);
                var stamp = FileStamp.Of(path);
                if (known is not null && stamp == known.Stamp)
                    continue;
                // A package that was refused is not read again at every look, only when asked for or changed.
                if (only is null && _refused.IsKnown(name, stamp))
                    continue;
                try
                {
                    // Versions of a single file are counted.
                    var next = ModelVersion.Load(Name, _isFolder ? name : (_serial + 1).ToString(CultureInfo.InvariantCulture),
                        path, _storage, _catalogues, _meter, _driftRows);
                    _serial++;
                    _refused.Remove(name);
                    if (known is not null)
                    {
                        given.Add(known);
                        versions.Remove(known.Name);
                    }

                    versions[next.Name] = next;
                    loaded.Add(next.Name);
                }
                catch (Exception e)
                {
                    // Whatever it was, what is served goes on, and so does the watch.
                    var mistake = e is ConsortException or IOException or UnauthorizedAccessException
                        ? e.Message : $"{e.GetType().Name}: {e.Message}";
                    if (_refused.Add(name, stamp, mistake) || only is not null)
                        failed[name] = mistake;
                }
            }

            if (only is not null && !files.ContainsKey(only))
                failed[only] = $"model {Name}: found no package {only}{ModelSource.Extension} in its folder";
            if (_isFolder && only is null && trouble is null)
                foreach (var gone in versions.Keys.Where(n => !files.ContainsKey(n) && !_state.Labels.Values.Contains(n)).ToArray())
                {
                    // The last one goes on: a folder may be empty while it is exchanged.
                    if (versions.Count == 1)
                        break;
                    given.Add(versions[gone]);
                    versions.Remove(gone);
                    removed.Add(gone);
                }

            Volatile.Write(ref _state, _state with { Versions = [.. versions.Values.OrderBy(v => v.Name, VersionOrder.Ascending)] });
            foreach (var version in given)
                version.Dispose();
            var news = trouble is not null && trouble != _trouble ? trouble : null;
            _trouble = trouble;
            return new ReloadResult(Name, loaded, removed, failed) { Trouble = news };
        }
    }

    /// <summary>Lets a label stand for a version, or for none.</summary>
    /// <exception cref="RequestException">400 or 404: the label's name, or no such version.</exception>
    public void SetLabel(string label, string? version)
    {
        if (!ModelSource.IsName(label) || label == Latest)
            throw new RequestException(400, $"label \"{label}\": {ModelSource.Expected}, and not {Latest}");
        lock (_gate)
        {
            if (version is not null && version != Latest && _state.Find(version) is null)
                throw Unknown(version);
            var labels = new Dictionary<string, string>(_state.Labels, StringComparer.Ordinal);
            if (version is null && !labels.Remove(label))
                throw new RequestException(404, $"model {Name} has no label {label}{NearestWord.Hint(label, labels.Keys)}");
            if (version is not null)
                labels[label] = version;
            Volatile.Write(ref _state, _state with { Labels = labels });
        }
    }

    /// <summary>Checks labels of the options.</summary>
    /// <exception cref="ConsortException">One stands for a version that there is not.</exception>
    public void Check(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (label, version) in labels)
            if (version != Latest && State.Find(version) is null)
                throw new ConsortException($"model {Name}, label {label}: found version \"{version}\", expected one of {VersionNames()}");
    }

    /// <summary>Moves the labels that the options say otherwise than before; those that were moved over the wire stay.</summary>
    public void Relabel(IReadOnlyDictionary<string, string> given)
    {
        lock (_gate)
        {
            var labels = new Dictionary<string, string>(_state.Labels, StringComparer.Ordinal);
            foreach (var gone in _given.Keys.Except(given.Keys))
                labels.Remove(gone);
            foreach (var (label, version) in given)
                if (_given.GetValueOrDefault(label) != version)
                    labels[label] = version;
            _given = given;
            Volatile.Write(ref _state, _state with { Labels = labels });
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isDisposed, true);
            foreach (var version in _state.Versions)
                version.Dispose();
        }
    }

    private ModelVersion Resolve(ModelState state, string? wanted, double? lot)
    {
        if (string.IsNullOrEmpty(wanted))
        {
            if (_canaryShare > 0 && state.Labels.ContainsKey(Canary) && (lot ?? Random.Shared.NextDouble()) < _canaryShare)
                wanted = Canary;
            else
                wanted = state.Labels.ContainsKey(Stable) ? Stable : Latest;
        }

        if (state.Labels.TryGetValue(wanted, out var named))
            wanted = named;
        return wanted == Latest ? state.Versions[^1] : state.Find(wanted) ?? throw Unknown(wanted);
    }

    private RequestException Unknown(string version)
    {
        var state = State;
        var hint = version.Length > 100 ? "" : NearestWord.Hint(version, state.Versions.Select(v => v.Name).Concat(state.Labels.Keys));
        return new RequestException(404, $"model {Name} has no version {RequestException.Show(version)}{hint}; it has {VersionNames()}");
    }

    /// <summary>What the package of a single file goes by until it is loaded; no version can be called so.</summary>
    public const string TheFile = "its file";

    private string VersionNames() => string.Join(", ", State.Versions.Select(v => v.Name));

    private Dictionary<string, string> Files(out string? trouble)
    {
        trouble = null;
        if (!_isFolder)
            return new Dictionary<string, string> { [TheFile] = _source.Path };
        try
        {
            return Directory.EnumerateFiles(_source.Path, "*" + ModelSource.Extension)
                .Where(f => ModelSource.IsName(Path.GetFileNameWithoutExtension(f)) && Path.GetFileNameWithoutExtension(f) != Latest)
                .ToDictionary(f => Path.GetFileNameWithoutExtension(f), StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trouble = $"its folder cannot be looked at, what was loaded is still served: {e.Message}";
            return [];
        }
    }
}
