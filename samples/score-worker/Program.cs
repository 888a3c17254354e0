using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ScoreWorker;

if (args.Length != 3)
{
    Console.Error.WriteLine("usage: score-worker MODEL.consort INBOX OUTBOX");
    return 2;
}

var builder = Host.CreateApplicationBuilder();
builder.Services.AddHostedService(s => new FolderWorker(args[0], args[1], args[2], s.GetRequiredService<ILogger<FolderWorker>>()));
builder.Build().Run();
return 0;
