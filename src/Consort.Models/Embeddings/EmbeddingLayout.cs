using Consort.Compute.Graphs;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Models.Embeddings;

/// <summary>Gives the vectors that a column's features start from, by global id.</summary>
/// <param name="column">The column.</param>
/// <param name="field">Names the file.</param>
/// <param name="dimension">The numbers of a vector.</param>
/// <param name="put">Told each.</param>
public delegate void VectorSource(string column, FieldEmbedding field, int dimension, RowWriter put);

/// <summary>Categorical columns whose embeddings lie in one table.</summary>
/// <param name="Dimension">Numbers a feature.</param>
/// <param name="IsTrained">Whether its rows change.</param>
/// <param name="Columns">The columns, ascending.</param>
internal sealed record FieldGroup(int Dimension, bool IsTrained, IReadOnlyList<int> Columns);

/// <summary>Which categorical columns share a table: those of one size that are trained, or frozen, alike.</summary>
internal sealed class EmbeddingLayout
{
    private readonly FeatureSpace _space;
    private readonly Dictionary<int, (int Column, FieldEmbedding Field)> _settings; // by the first id of a vocabulary

    private EmbeddingLayout(FeatureSpace space, int dimension, Dictionary<int, (int, FieldEmbedding)> settings)
    {
        (_space, Dimension, _settings) = (space, dimension, settings);
        Groups = [.. Enumerable.Range(0, space.Categorical.Count)
            .GroupBy(c => (Size: Field(c)?.Dimension ?? dimension, Freeze: Field(c)?.Freeze ?? false))
            .OrderBy(g => g.Key == (dimension, false) ? 0 : 1)
            .Select(g => new FieldGroup(g.Key.Size, !g.Key.Freeze, [.. g]))];
    }

    /// <summary>D.</summary>
    public int Dimension { get; }

    /// <summary>The tables; that of size D whose rows are trained is the first.</summary>
    public IReadOnlyList<FieldGroup> Groups { get; }

    /// <summary>Whether one table of size D holds all columns.</summary>
    public bool IsUniform => Groups.Count == 0 || (Groups.Count == 1 && Groups[0].Dimension == Dimension && Groups[0].IsTrained);

    /// <summary>All columns alike.</summary>
    public static EmbeddingLayout Uniform(FeatureSpace space, int dimension) => new(space, dimension, []);

    /// <summary>What the options say.</summary>
    /// <exception cref="ConsortException">They name a column that is not there, or say two things of one vocabulary.</exception>
    public static EmbeddingLayout Of(FeatureSpace space, EmbeddingOptions options)
    {
        var settings = new Dictionary<int, (int Column, FieldEmbedding Field)>();
        foreach (var (name, field) in options.Fields)
        {
            var column = IndexOf(space, name);
            var offset = space.Categorical[column].Offset;
            if (settings.TryGetValue(offset, out var other) && other.Field != field)
                throw new ConsortException(
                    $"embedding, fields: {space.Categorical[other.Column].Name} and {name} share a vocabulary, found keys that differ, expected those of one of them, or the same");
            settings[offset] = (column, field);
        }

        return new EmbeddingLayout(space, options.Dimension, settings);
    }

    /// <summary>The rows of a group's table that start with vectors known beforehand.</summary>
    public IReadOnlyList<KnownRows> Known(FieldGroup group, VectorSource? vectors) => vectors is null ? [] :
    [
        .. _settings.Values.Where(s => s.Field.Pretrained is not null && group.Columns.Contains(s.Column)).Select(s => new KnownRows(
            s.Column, put => vectors(_space.Categorical[s.Column].Name, s.Field, group.Dimension, put))),
    ];

    /// <summary>The column that names what belongs to a column's vocabulary: the first that has it.</summary>
    public string OwnerOf(int column) => _space.Categorical.First(c => c.Offset == _space.Categorical[column].Offset).Name;

    private FieldEmbedding? Field(int column) =>
        _settings.TryGetValue(_space.Categorical[column].Offset, out var setting) ? setting.Field : null;

    private static int IndexOf(FeatureSpace space, string name)
    {
        for (var i = 0; i < space.Categorical.Count; i++)
            if (space.Categorical[i].Name == name)
                return i;
        throw new ConsortException(space.Numeric.Contains(name)
            ? $"embedding, fields, {name}: found a numeric column, whose embedding has the family's dimension, expected a categorical one"
            : $"embedding, fields: found no column {name}{NearestWord.Hint(name, space.Categorical.Select(c => c.Name))}");
    }
}
