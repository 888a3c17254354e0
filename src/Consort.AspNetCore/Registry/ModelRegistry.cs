using Consort.AspNetCore.Logs;
using Consort.AspNetCore.Metrics;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Requests;
using Consort.Foundation.Options;
using Consort.Serving.Packages;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Registry;

/// <summary>All models that an app serves, in the order in which they were named.</summary>
public sealed class ModelRegistry : IDisposable
{
    private readonly ConsortOptions _options;
    private readonly ScoringMeter? _meter;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private ServedModel[] _models = [];
    private long _loads;
    private long _failures;

    /// <exception cref="ConsortException">A package cannot be loaded.</exception>
    internal ModelRegistry(ConsortOptions options, ILogger<ModelRegistry> log, ScoringMeter? meter = null)
    {
        (_options, _log, _meter) = (options, log, meter);
        Serve(options.Models);
        if (options.CanaryField is { } field && !Models.Any(m => m.State.Versions.Any(v => v.Fields.Knows(field))))
        {
            string[] names = [.. Models[0].State.Versions[0].Fields.Names];
            Dispose();
            throw new ConsortException(
                $"canary field: found {field}, expected a field that a served model knows: {string.Join(", ", names)}{NearestWord.Hint(field, names)}");
        }

        foreach (var model in Models)
            foreach (var version in model.State.Versions)
                ServerLog.LoadedAtStart(_log, model.Name, version.Name);
    }

    internal IReadOnlyList<ServedModel> Models => Volatile.Read(ref _models);

    /// <summary>Packages that were loaded since the start.</summary>
    internal long Loads => Interlocked.Read(ref _loads);

    /// <summary>Packages that were refused since the start.</summary>
    internal long Failures => Interlocked.Read(ref _failures);

    /// <summary>Takes a version of a model to score with in process; it stays usable until it is disposed of.</summary>
    /// <param name="model">The model; null for the first.</param>
    /// <param name="version">A version or a label; null for that of label <c>stable</c>, or the latest where there is none.</param>
    /// <exception cref="ConsortException">There is no such model or version.</exception>
    public VersionLease Lease(string? model = null, string? version = null)
    {
        try
        {
            return Take(model, version);
        }
        catch (RequestException e)
        {
            throw new ConsortException(e.Message, e);
        }
    }

    /// <summary>Looks at all packages again: new and changed ones are loaded and put in place, and no call fails meanwhile.</summary>
    /// <returns>What has changed, for each model.</returns>
    public IReadOnlyList<ReloadResult> Reload() => [.. Models.Select(m => Reload(m))];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in Models)
            model.Dispose();
    }

    /// <summary>
    /// Serves the models that changed options name: those that are new or lie elsewhere are loaded, those that are gone are given up, and
    /// labels are moved. All of it happens, or nothing.
    /// </summary>
    /// <exception cref="ConsortException">A model, a path or a label is not as expected; what was served still is.</exception>
    internal void Change(ConsortOptions next)
    {
        next.Validate();
        lock (_gate)
        {
            var before = _models;
            Serve(next.Models);
            foreach (var model in _models.Except(before))
                ServerLog.Added(_log, model.Name, model.SourcePath);
            foreach (var model in before.Except(_models))
                ServerLog.GivenUp(_log, model.Name, model.SourcePath);
        }
    }

    /// <summary>Takes a version for a request.</summary>
    /// <exception cref="RequestException">404: there is no such model or version.</exception>
    internal VersionLease Take(string? model, string? version, double? lot = null)
    {
        while (true)
        {
            var (all, found) = (Models, Find(model));
            try
            {
                return found.Lease(version, lot);
            }
            catch (RequestException) when (!ReferenceEquals(all, Models))
            {
                // Changed between the two: the next models are there already.
            }
        }
    }

    /// <summary>Looks at the packages of a model again, or at one version alone.</summary>
    internal ReloadResult Reload(ServedModel model, string? only = null)
    {
        var result = model.Reload(only);
        Interlocked.Add(ref _loads, result.Loaded.Count);
        Interlocked.Add(ref _failures, result.Failed.Count);
        if (result.Trouble is { } trouble)
            ServerLog.Troubled(_log, result.Model, trouble);
        foreach (var version in result.Loaded)
            ServerLog.Loaded(_log, result.Model, version);
        foreach (var version in result.Removed)
            ServerLog.Removed(_log, result.Model, version);
        foreach (var (version, mistake) in result.Failed)
            ServerLog.Refused(_log, result.Model, version == ServedModel.TheFile ? version : $"version {version}", mistake);
        return result;
    }

    /// <summary>A model, or the first where no name is given.</summary>
    /// <exception cref="RequestException">404: there is no such model.</exception>
    internal ServedModel Find(string? name)
    {
        var models = Models;
        if (name is null)
            return models[0];
        foreach (var model in models)
            if (model.Name == name)
                return model;
        var hint = name.Length > 100 ? "" : NearestWord.Hint(name, models.Select(m => m.Name));
        throw new RequestException(404,
            $"found no model {RequestException.Show(name)}{hint}; there is {string.Join(", ", models.Select(m => m.Name))}");
    }

    // Loads before it gives up, so that a mistake leaves all as it is.
    private void Serve(IReadOnlyList<ModelSource> sources)
    {
        var (next, made) = (new List<ServedModel>(), new List<ServedModel>());
        try
        {
            foreach (var source in sources)
            {
                var known = Array.Find(_models, m => m.Name == source.Name && m.SourcePath == source.Path);
                known?.Check(source.Labels);
                if (known is null)
                    made.Add(known = new ServedModel(source, _options.CanaryShare,
                        _options.MapPackages ? PackageStorage.Mapped : PackageStorage.Memory, _options.Catalogues, _meter,
                        _options.DriftRows));
                next.Add(known);
            }
        }
        catch
        {
            made.ForEach(m => m.Dispose());
            throw;
        }

        foreach (var (model, source) in next.Zip(sources))
            model.Relabel(source.Labels);
        var before = _models;
        Volatile.Write(ref _models, [.. next]);
        foreach (var gone in before.Except(next))
            gone.Dispose();
    }
}
