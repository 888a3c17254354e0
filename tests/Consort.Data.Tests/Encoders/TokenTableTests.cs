using Consort.Data.Encoders;

namespace Consort.Data.Tests.Encoders;

public sealed class TokenTableTests
{
    private static ref int At(TokenTable table, string token)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(token);
        return ref table.At(TokenTable.Key(bytes), bytes);
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
        using var table = new TokenTable();
        foreach ((var token, var count) in new[] { ("b", 2), ("a", 2), ("rare", 1), ("top", 9), ("abcdefghZ", 2), ("abcdefghA", 2),
            ("abcdefgh", 2), ("ab", 2) })
            At(table, token) = count;
        var vocabulary = Vocabulary.From(table, 2);
        Assert.Equal(["top", "a", "ab", "abcdefgh", "abcdefghA", "abcdefghZ", "b"],
            Enumerable.Range(0, vocabulary.Count).Select(i => System.Text.Encoding.UTF8.GetString(vocabulary.Token(i))));
    }
}
