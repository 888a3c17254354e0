using System.Runtime.InteropServices;
using System.Text;
using Consort.Data.Schemas;

namespace Consort.Data.Profiles;

/// <summary>
/// A text of a column, how many of the rows looked at have it, and how many of these were clicked; of all rows and of one half.
/// </summary>
internal record struct TextCount(string Text, int Count, int Clicks, int FitCount, int FitClicks)
{
    /// <summary>Rows of the other half.</summary>
    public readonly int HeldCount => Count - FitCount;

    public readonly int HeldClicks => Clicks - FitClicks;
}

/// <summary>The cells of one column in the rows looked at: each distinct text once, and of each row its number.</summary>
internal sealed class SampledColumn
{
    /// <summary>The number of a cell that its row does not have.</summary>
    public const int Absent = -1;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookUp;
    private readonly List<string> _texts = [];
    private readonly List<int> _rows = [];

    private static readonly string[] Splitters = ["|", "^", ";", "~", DialectGuess.Between];

    /// <param name="field">What it was read as.</param>
    public SampledColumn(Field field)
    {
        (Name, IsRead) = (field.Name, field.Kind != FieldKind.Ignored);
        Splitter = field.List?.Splitter.Text;
        _lookUp = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string Name { get; }

    /// <summary>Whether its values can be read at all: structs and maps cannot.</summary>
    public bool IsRead { get; }

    /// <summary>What stands between the tokens of lists that are known to be such; null of others.</summary>
    public string? Splitter { get; private set; }

    public IReadOnlyList<string> Texts => _texts;

    /// <summary>For each row the number of its text.</summary>
    public ReadOnlySpan<int> Rows => CollectionsMarshal.AsSpan(_rows);

    /// <summary>Adds a cell; returns the characters that it newly keeps.</summary>
    public int Add(ReadOnlySpan<byte> cell, char[] room)
    {
        if (room.Length < cell.Length) room = new char[cell.Length];
        var text = room.AsSpan(0, Encoding.UTF8.GetChars(cell, room));
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_lookUp, text, out var isKnown);
        if (!isKnown)
        {
            number = _texts.Count;
            _texts.Add(text.ToString());
        }
        _rows.Add(number);
        return isKnown ? 0 : text.Length;
    }

    public void AddAbsent() => _rows.Add(Absent);

    /// <summary>Has something between the tokens of known lists that people can type, where no token has it.</summary>
    public void ChooseSplitter()
    {
        if (Splitter is not { } known) return;
        Splitter = Splitters.First(s => s == known || _texts.All(t => !t.Contains(s, StringComparison.Ordinal)));
        for (var i = 0; i < _texts.Count; i++) _texts[i] = _texts[i].Replace(known, Splitter, StringComparison.Ordinal);
    }

    public bool TryFind(string text, out int number) => _numbers.TryGetValue(text, out number);

    /// <summary>Which of some of its texts comes first, and in which row.</summary>
    public (string Text, int Row) First(IReadOnlySet<string> texts)
    {
        var isOne = _texts.ConvertAll(texts.Contains);
        var row = _rows.FindIndex(number => number != Absent && isOne[number]);
        return (_texts[_rows[row]], row);
    }

    /// <summary>Counts its texts; the rows that have none come last, with an empty text.</summary>
    /// <param name="clicks">For each row 1 where it was clicked; empty where nobody knows.</param>
    /// <param name="isFit">For each row whether it is of the first half.</param>
    public TextCount[] Count(ReadOnlySpan<byte> clicks, ReadOnlySpan<bool> isFit)
    {
        var counts = new TextCount[_texts.Count + 1];
        for (var i = 0; i < counts.Length; i++) counts[i].Text = i < _texts.Count ? _texts[i] : "";
        var rows = Rows;
        for (var row = 0; row < rows.Length; row++)
        {
            ref var at = ref counts[rows[row] == Absent ? _texts.Count : rows[row]];
            var click = clicks.IsEmpty ? 0 : clicks[row];
            at.Count++;
            at.Clicks += click;
            if (!isFit[row]) continue;
            at.FitCount++;
            at.FitClicks += click;
        }
        return counts;
    }
}
