using Consort.Experiments.Packing;
using Consort.Foundation.Options;
using Consort.Serving;
using Consort.Serving.Packages;

namespace Consort.Studies.Promoting;

/// <summary>One of the two models: a package, or a run, which is packed first as <c>consort pack</c> does it.</summary>
internal sealed class Contender : IDisposable
{
    private readonly string? _draft;

    private Contender(string name, string package, string? draft, Catalogues catalogues)
    {
        (Name, _draft) = (name, draft);
        try
        {
            Scorer = Scorer.Load(package, storage: PackageStorage.Mapped, catalogues: catalogues);
        }
        catch
        {
            Discard();
            throw;
        }

        Bytes = new FileInfo(package).Length;
    }

    /// <summary>As the user named it.</summary>
    public string Name { get; }

    public Scorer Scorer { get; }

    /// <summary>The package's size.</summary>
    public long Bytes { get; }

    /// <summary>Opens it.</summary>
    /// <exception cref="ConsortException">It is neither a run nor a package.</exception>
    public static Contender Open(string path, int threads, Catalogues catalogues, CancellationToken cancellation)
    {
        if (!Directory.Exists(path))
            return new Contender(path, path, null, catalogues);
        var draft = Path.Combine(Path.GetTempPath(), $"consort-{Guid.NewGuid():N}.consort");
        RunPacker.Pack(new PackRequest(path, draft, threads) { Catalogues = catalogues }, cancellation);
        return new Contender(path, draft, draft, catalogues);
    }

    public void Dispose()
    {
        Scorer.Dispose();
        Discard();
    }

    private void Discard()
    {
        if (_draft is not null)
            File.Delete(_draft);
    }
}
