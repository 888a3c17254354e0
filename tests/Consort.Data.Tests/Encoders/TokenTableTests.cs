using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Encoders;

public sealed class TokenTableTests
{
    private static ref int At(TokenTable table, string token)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(token);
        return ref table.At(bytes);
    }

    private static int Add(TokenCounts counts, string token, long times)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(token);
        return counts.Add(TokenProbe.Of(bytes), bytes, times);
    }

    private static Dictionary<string, int> Content(TokenTable table)
    {
        var content = new Dictionary<string, int>();
        for (var p = table.Next(0); p >= 0; p = table.Next(p + 1))
            content.Add(System.Text.Encoding.UTF8.GetString(table.TokenAt(p)), table.ValueAt(p));
        return content;
    }

    private static string Token(Random random) =>
        random.Next(3) == 0 ? new string('z', random.Next(1, 400)) : new string((char)random.Next('a', 'f'), random.Next(0, 12))
        + random.Next(3000);

    [Fact]
    public void At_ATokenLongerThanAllBefore_IsKept()
    {
        using var table = new TokenTable();
        string[] tokens = [.. Enumerable.Range(0, 200).Select(i => new string('t', 300) + i), new string('u', 100_000), new string('v', 1 << 21)];
        foreach (var token in tokens) At(table, token)++;
        Assert.Equal(tokens.ToDictionary(t => t, _ => 1), Content(table));
    }

    [Fact]
    public void At_RandomTokens_CountsAsADictionaryDoes()
    {
        using TokenTable one = new(), two = new();
        var expected = new Dictionary<string, int>();
        var random = new Random(1);
        for (var i = 0; i < 100_000; i++)
        {
            var token = Token(random);
            At(i % 3 == 0 ? one : two, token)++;
            expected[token] = expected.GetValueOrDefault(token) + 1;
        }
        one.Add(two);
        Assert.Equal(expected.Count, one.Count);
        Assert.Equal(expected.OrderBy(p => p.Key), Content(one).OrderBy(p => p.Key));
    }

    [Fact]
    public void At_PrefixesZeroBytesAndNothing_AreDifferentTokens()
    {
        using var table = new TokenTable();
        string[] tokens = ["", "\0", "\0\0", "a", "a\0", "abcdefgh", "abcdefgh\0", "abcdefg"];
        for (var i = 0; i < tokens.Length; i++) At(table, tokens[i]) = i + 1;
        Assert.Equal(tokens.Select((t, i) => KeyValuePair.Create(t, i + 1)), Content(table).OrderBy(p => p.Value));
    }

    [Fact]
    public void From_Counts_AreOrderedByCountThenBytes()
    {
        using var counts = new TokenCounts();
        foreach ((var token, var count) in new[] { ("b", 2), ("a", 2), ("rare", 1), ("top", 9), ("abcdefghZ", 2), ("abcdefghA", 2),
            ("abcdefgh", 2), ("ab", 2) })
            Add(counts, token, count);
        var vocabulary = counts.Fit(2);
        Assert.Equal(["top", "a", "ab", "abcdefgh", "abcdefghA", "abcdefghZ", "b"],
            Enumerable.Range(0, vocabulary.Count).Select(i => System.Text.Encoding.UTF8.GetString(vocabulary.Token(i))));
    }

    [Fact]
    public void Ids_OfCountsThatWereAddedToOthers_AreThePlacesInTheVocabularyOfAll()
    {
        using TokenCounts one = new(), two = new();
        string[] first = ["a", "once", "a", "never"], second = ["longer than eight", "b", "a", "never", "b"];
        int[] ones = [.. first.Select((t, i) => Add(one, t, i == 3 ? 0 : 1))];
        int[] twos = [.. second.Select((t, i) => Add(two, t, i == 3 ? 0 : i == 0 ? int.MaxValue : 1))];
        Assert.Equal([1, 2, 1, 3], ones);
        one.Add(two);
        var vocabulary = one.Fit(0);
        Assert.Equal(["longer than eight", "a", "b", "once"],
            Enumerable.Range(0, vocabulary.Count).Select(i => System.Text.Encoding.UTF8.GetString(vocabulary.Token(i))));
        Assert.Equal([3, 5, 3, 1], ones.Select(c => one.Ids()[c]));
        Assert.Equal([2, 4, 3, 1, 4], twos.Select(c => two.Ids()[c]));
        Assert.Equal(0, two.Ids()[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(1000)]
    public void Index_OfAVocabulary_FindsEachTokenAndNoOther(int count)
    {
        using var counts = new TokenCounts();
        var random = new Random(2);
        var tokens = new HashSet<string>();
        while (tokens.Count < count) tokens.Add(Token(random));
        foreach (var token in tokens) Add(counts, token, random.Next(1, 5));
        var vocabulary = counts.Fit(1);
        Assert.Equal(count, vocabulary.Count);
        var text = new byte[500];
        for (var i = 0; i < count; i++)
        {
            // Wherever it stands in a block, also at its end.
            var token = vocabulary.Token(i);
            var cell = new Cell { Start = random.Next(text.Length - token.Length + 1), Length = token.Length };
            if (i % 3 == 0) cell.Start = text.Length - token.Length;
            random.NextBytes(text);
            token.CopyTo(text.AsSpan(cell.Start));
            Assert.Equal(i, vocabulary.Index.Find(TokenProbe.Of(text, cell), text, -1));
            Assert.Contains(System.Text.Encoding.UTF8.GetString(token), tokens);
        }
        Assert.Equal(-1, vocabulary.Index.Find(TokenProbe.Of("none"u8), "none"u8, -1));
    }
}
