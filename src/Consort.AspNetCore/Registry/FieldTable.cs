using System.Text;
using Consort.AspNetCore.Requests;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Serving;

namespace Consort.AspNetCore.Registry;

/// <summary>The fields of a scorer by their names in UTF-8, found without making a text of them.</summary>
internal sealed class FieldTable
{
    /// <summary>A field of the schema that the model does not read: a label, or one that is ignored.</summary>
    public const int Unread = -1;

    private const int Empty = int.MinValue;
    private const int LongestHint = 100;
    private readonly byte[][] _names;
    private readonly int[] _slots;
    private readonly int[] _places; // of each name: among the scorer's fields, or Unread
    private readonly int[] _next;

    public FieldTable(Scorer scorer)
    {
        Names = scorer.Fields;
        var schema = scorer.Encoder.Schema.Fields;
        Kinds = [.. Names.Select(n => schema.First(f => f.Name == n).Kind)];
        string[] unread = [.. schema.Where(f => !Names.Contains(f.Name)).Select(f => f.Name)];
        _names = [.. Names.Concat(unread).Select(Encoding.UTF8.GetBytes)];
        _places = [.. Enumerable.Range(0, Names.Count), .. unread.Select(_ => Unread)];
        var size = 4;
        while (size < 4 * _names.Length)
            size *= 2;
        _slots = new int[size];
        Array.Fill(_slots, Empty);
        for (var name = 0; name < _names.Length; name++)
        {
            var slot = Hash(_names[name]) & (size - 1);
            while (_slots[slot] != Empty)
                slot = (slot + 1) & (size - 1);
            _slots[slot] = name;
        }

        Places = [.. Enumerable.Range(0, Names.Count)];
        MostColumns = _names.Length;
        var categorical = scorer.Encoder.Space.Categorical.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        Columns = [.. Names.Select(n => schema.First(f => f.Name == n).Columns.Count(categorical.Contains))];
        _next = [.. Names.Select((_, i) => (i + 1) % Math.Max(1, Names.Count))];
    }

    /// <summary>Whether a row may have a field of this name, read or unread.</summary>
    public bool Knows(string name) => _names.Any(n => n.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(name)));

    /// <summary>The names in the scorer's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What each of <see cref="Names"/> is.</summary>
    public IReadOnlyList<FieldKind> Kinds { get; }

    /// <summary>Whether one of <see cref="Names"/> is a list or a sequence.</summary>
    public bool IsList(int field) => Kinds[field] is FieldKind.List or FieldKind.Sequence;

    /// <summary>The places of <see cref="Names"/>: 0, 1, 2, …</summary>
    public int[] Places { get; }

    /// <summary>How many categorical columns each of <see cref="Names"/> gives.</summary>
    public IReadOnlyList<int> Columns { get; }

    /// <summary>How many fields the schema has.</summary>
    public int MostColumns { get; }

    /// <summary>The place of a field, or <see cref="Unread"/>.</summary>
    /// <param name="name">Its name in UTF-8.</param>
    /// <param name="guess">The place that it probably has; afterwards that which the next one probably has.</param>
    /// <exception cref="RequestException">400: there is no such field; the message names the nearest.</exception>
    public int Find(ReadOnlySpan<byte> name, ref int guess)
    {
        // Rows mostly come in one order.
        if (name.SequenceEqual(_names[guess]))
        {
            var place = guess;
            guess = _next[guess];
            return place;
        }

        for (var slot = Hash(name) & (_slots.Length - 1); _slots[slot] != Empty; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (!name.SequenceEqual(_names[_slots[slot]]))
                continue;
            var place = _places[_slots[slot]];
            guess = place == Unread ? guess : _next[place];
            return place;
        }

        throw Unknown(name);
    }

    private RequestException Unknown(ReadOnlySpan<byte> name)
    {
        var text = Encoding.UTF8.GetString(name[..Math.Min(name.Length, 4 * LongestHint)]);
        var hint = text.Length > LongestHint ? "" : NearestWord.Hint(text, Names);
        return new RequestException(400, $"field {RequestException.Show(text)} is not one that the model reads{hint}");
    }

    // FNV-1a; names are the model's own, so nobody can make them collide.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = 2166136261u;
        foreach (var b in name)
            hash = (hash ^ b) * 16777619u;
        return (int)(hash ^ (hash >> 15));
    }
}
