using Consort.AspNetCore.Options;
using Consort.AspNetCore.Requests;
using Consort.Foundation.Options;
using Consort.Serving.Packages;
using Microsoft.Extensions.Logging;

namespace Consort.AspNetCore.Registry;

/// <summary>All models that an app serves, in the order in which they were named.</summary>
public sealed partial class ModelRegistry : IDisposable
{
    private readonly List<ServedModel> _models = [];
    private readonly ILogger _log;
    private long _loads;
    private long _failures;

    /// <exception cref="ConsortException">A package cannot be loaded.</exception>
    internal ModelRegistry(ConsortOptions options, ILogger<ModelRegistry> log)
    {
        _log = log;
        try
        {
            foreach (var source in options.Models)
                _models.Add(new ServedModel(source, options.CanaryShare,
                    options.MapPackages ? PackageStorage.Mapped : PackageStorage.Memory, options.Catalogues));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal IReadOnlyList<ServedModel> Models => _models;

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
            return Find(model).Lease(version);
        }
        catch (RequestException e)
        {
            throw new ConsortException(e.Message, e);
        }
    }

    /// <summary>Looks at all packages again: new and changed ones are loaded and put in place, and no call fails meanwhile.</summary>
    /// <returns>What has changed, for each model.</returns>
    public IReadOnlyList<ReloadResult> Reload() => [.. _models.Select(m => Reload(m))];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in _models)
            model.Dispose();
    }

    /// <summary>Looks at the packages of a model again, or at one version alone.</summary>
    internal ReloadResult Reload(ServedModel model, string? only = null)
    {
        var result = model.Reload(only);
        Interlocked.Add(ref _loads, result.Loaded.Count);
        Interlocked.Add(ref _failures, result.Failed.Count);
        if (result.Trouble is { } trouble)
            Troubled(_log, result.Model, trouble);
        foreach (var version in result.Loaded)
            Loaded(_log, result.Model, version);
        foreach (var version in result.Removed)
            Removed(_log, result.Model, version);
        foreach (var (version, mistake) in result.Failed)
            Refused(_log, result.Model, version == ServedModel.TheFile ? version : $"version {version}", mistake);
        return result;
    }

    /// <summary>A model, or the first where no name is given.</summary>
    /// <exception cref="RequestException">404: there is no such model.</exception>
    internal ServedModel Find(string? name)
    {
        if (name is null)
            return _models[0];
        foreach (var model in _models)
            if (model.Name == name)
                return model;
        var hint = name.Length > 100 ? "" : NearestWord.Hint(name, _models.Select(m => m.Name));
        throw new RequestException(404,
            $"found no model {RequestException.Show(name)}{hint}; there is {string.Join(", ", _models.Select(m => m.Name))}");
    }

    [LoggerMessage(LogLevel.Warning, "model {Model}: {Trouble}")]
    private static partial void Troubled(ILogger log, string model, string trouble);

    [LoggerMessage(LogLevel.Information, "model {Model}: version {Version} loaded")]
    private static partial void Loaded(ILogger log, string model, string version);

    [LoggerMessage(LogLevel.Information, "model {Model}: version {Version} removed")]
    private static partial void Removed(ILogger log, string model, string version);

    [LoggerMessage(LogLevel.Warning, "model {Model}: {What} refused: {Mistake}")]
    private static partial void Refused(ILogger log, string model, string what, string mistake);
}
