using System.Collections.Frozen;
using Consort.Data.Encoders;
using Consort.Foundation.Options;

namespace Consort.Serving.Inference;

/// <summary>The fields that a model reads, in the schema's order, and where their columns are.</summary>
internal sealed class FieldPlaces
{
    private readonly int[] _schemaIndex; // by place among the names
    private readonly int[][] _categorical; // the columns of each field
    private readonly int[][] _numeric;
    private readonly FrozenDictionary<string, int> _places;

    public FieldPlaces(Encoder encoder)
    {
        var fields = encoder.Schema.Fields;
        _schemaIndex = [.. Enumerable.Range(0, fields.Count).Where(encoder.Reads)];
        Names = [.. _schemaIndex.Select(i => fields[i].Name)];
        _places = Names.Select((name, place) => KeyValuePair.Create(name, place)).ToFrozenDictionary(StringComparer.Ordinal);
        _categorical = [.. _schemaIndex.Select(i => Places(encoder.Space.Categorical.Select(c => c.Name), fields[i].Columns))];
        _numeric = [.. _schemaIndex.Select(i => Places(encoder.Space.Numeric, fields[i].Columns))];

        static int[] Places(IEnumerable<string> all, IReadOnlyList<string> names) =>
            [.. all.Select((name, place) => (name, place)).Where(c => names.Contains(c.name)).Select(c => c.place)];
    }

    /// <summary>What they are called.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The place of a field among <see cref="Names"/>.</summary>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest.</exception>
    public int Of(string name) => _places.TryGetValue(name, out var place)
        ? place
        : throw new ConsortException($"field \"{name}\" is not one that the model reads{NearestWord.Hint(name, Names)}");

    /// <summary>The place of a field in the schema.</summary>
    public int InSchema(int field) => _schemaIndex[field];

    /// <summary>The columns of ids that a field gives.</summary>
    public ReadOnlySpan<int> Categorical(int field) => _categorical[field];

    /// <summary>The numeric ones.</summary>
    public ReadOnlySpan<int> Numeric(int field) => _numeric[field];
}
