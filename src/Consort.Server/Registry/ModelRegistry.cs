using Consort.Foundation.Options;
using Consort.Server.Http;
using Consort.Serving.Packages;

namespace Consort.Server.Registry;

/// <summary>All models of a server, in the order in which they were named.</summary>
internal sealed class ModelRegistry : IDisposable
{
    private readonly List<ServedModel> _models = [];

    /// <exception cref="ConsortException">A package cannot be loaded.</exception>
    public ModelRegistry(IReadOnlyList<ModelSource> sources, double canaryShare, PackageStorage storage)
    {
        try
        {
            foreach (var source in sources)
                _models.Add(new ServedModel(source, canaryShare, storage));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyList<ServedModel> Models => _models;

    /// <summary>A model, or the first where no name is given.</summary>
    /// <exception cref="RequestException">404: there is no such model.</exception>
    public ServedModel Find(string? name)
    {
        if (name is null)
            return _models[0];
        foreach (var model in _models)
            if (model.Name == name)
                return model;
        var hint = name.Length > 100 ? "" : NearestWord.Hint(name, _models.Select(m => m.Name));
        throw new RequestException(404, $"found no model {RequestException.Show(name)}{hint}; there is {string.Join(", ", _models.Select(m => m.Name))}");
    }

    public IReadOnlyList<ReloadResult> Reload() => [.. _models.Select(m => m.Reload())];

    public void Dispose()
    {
        foreach (var model in _models)
            model.Dispose();
    }
}
