using Consort.Foundation.Options;
using Consort.Learning.Strategies;

namespace Consort.Learning.Tests.Strategies;

public sealed class StrategyCatalogueTests
{
    [Fact]
    public void Entries_EachWithDefaults_CreatesItsStrategy()
    {
        foreach (var entry in StrategyCatalogue.Entries)
        {
            var strategy = entry.Create(OptionMap.Empty("test"));
            Assert.Equal(entry.Name, strategy.Name);
            Assert.NotEmpty(strategy.TermNames);
        }
    }

    [Fact]
    public void Create_OptionsGiven_AreUsed()
    {
        var map = OptionMap.Parse("name: mutual\nweight: 0\ndivergence: kl\n", "exp.yaml");
        var strategy = StrategyCatalogue.Create(map);
        map.Close();
        Assert.Equal(0, StrategyCases.Apply(strategy, StrategyCases.TwoByTwo())[1]);
    }

    [Theory]
    [InlineData("name: mutal", "mutual")]
    [InlineData("name: mutual\nweight: -1", "0 to 1000")]
    [InlineData("name: kdef\nteech: 1", "teach")]
    [InlineData("name: supervised\nloss: all", "members, ensemble")]
    public void Create_WrongOption_SaysWhatIsExpected(string text, string expected)
    {
        var error = Assert.Throws<ConsortException>(() =>
        {
            var map = OptionMap.Parse(text, "exp.yaml");
            StrategyCatalogue.Create(map);
            map.Close();
        });
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("exp.yaml:", error.Message, StringComparison.Ordinal);
    }
}
