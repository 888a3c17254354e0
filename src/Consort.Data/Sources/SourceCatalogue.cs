using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>The kinds of sources that a schema's <c>format</c> can name, one line each.</summary>
/// <param name="kinds">What opens each.</param>
internal sealed class SourceCatalogue(IReadOnlyDictionary<DataFormat, Func<SourceRequest, IRowSource>> kinds)
{
    /// <summary>Those of this room.</summary>
    public static SourceCatalogue BuiltIn { get; } = new(new Dictionary<DataFormat, Func<SourceRequest, IRowSource>>
    {
        [DataFormat.Delimited] = request => new DelimitedSource(request),
        [DataFormat.Libsvm] = request => new PairSource(request),
        [DataFormat.Libffm] = request => new PairSource(request),
    });

    /// <summary>Opens a source; nothing is read before its first block.</summary>
    /// <exception cref="ConsortException">It cannot be opened, or nobody knows its format.</exception>
    public IRowSource Open(SourceRequest request) => kinds.TryGetValue(request.Schema.Format, out var open)
        ? open(request)
        : throw new ConsortException($"{request.Path}: nothing here reads format {Words.Of(request.Schema.Format)}, expected one of {string.Join(", ", kinds.Keys.Select(Words.Of))}");

    /// <summary>These and one more, or another in its place.</summary>
    public SourceCatalogue With(DataFormat format, Func<SourceRequest, IRowSource> open) =>
        new(new Dictionary<DataFormat, Func<SourceRequest, IRowSource>>(kinds) { [format] = open });
}
